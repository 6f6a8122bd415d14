import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { useNamedPart } from "../standing/useNamedPart";
import { draftOf, formOf, refusesNow, type StoredBalance, useBalance, useWriteBalance } from "./balance";
import { readAmount, writeAmount } from "./decimal";
import styles from "./Number.module.css";
import { SaveOwnPart, useOwnPart } from "./OwnPart";
import { refusedFields } from "./settings";

/** What the account behind a number holds, and what may be done when it runs dry. Saved on its own. */
export function Balance({ number }: { number: number }) {
  const stored = useBalance(number);
  return stored.data === undefined ? null : <Shown number={number} stored={stored.data} />;
}

function Shown({ number, stored }: { number: number; stored: StoredBalance }) {
  const { t } = useTranslation();
  useNamedPart("number-balance");
  return (
    <section aria-labelledby="number-balance" data-testid="number-balance" data-standing={stored.standing}>
      <h2 id="number-balance">{t("balance.title")}</h2>
      <p className={styles.hint}>{t("balance.hint")}</p>
      <Held stored={stored} />
      <Tell number={number} stored={stored} />
      <h3>{t("balance.guard")}</h3>
      <GuardForm number={number} stored={stored} />
      <LastChange number={number} stored={stored} />
    </section>
  );
}

const STATE = { low: "different", fine: "same", unknown: "waiting", off: "left_alone" } as const;

function Held({ stored }: { stored: StoredBalance }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const when = (at: string) => moment(Date.parse(at) / 1000, now_s, i18n.language);
  const { amount, currency, standing, told_at, told_by, known_until } = stored;
  const refuses = refusesNow(draftOf(stored, i18n.language), stored, now_s * 1000, i18n.language);
  return (
    <div role="status" className={styles.state} data-state={STATE[standing]} data-testid="balance-held">
      {amount === null || currency === null ? (
        <p>
          <strong>{t("balance.never")}</strong>
        </p>
      ) : (
        <p>
          <strong data-testid="balance-amount">{`${writeAmount(amount, i18n.language)} ${currency}`}</strong>
          {told_at === null
            ? null
            : ` · ${
                told_by === null
                  ? t("balance.told", { when: when(told_at) })
                  : t("balance.toldBy", { when: when(told_at), name: told_by })
              }`}
        </p>
      )}
      {standing === "off" ? null : <p data-testid="balance-standing">{t(`balance.standing.${standing}`)}</p>}
      {refuses === "none" ? null : <p className={styles.differs}>{t(`balance.refuses.${refuses}`)}</p>}
      {amount !== null && standing === "unknown" && known_until !== null ? (
        <p>{t("balance.old", { when: when(known_until) })}</p>
      ) : null}
    </div>
  );
}

/** By hand, for who has no system that tells it. */
function Tell({ number, stored }: { number: number; stored: StoredBalance }) {
  const { t, i18n } = useTranslation();
  const [amount, setAmount] = useState("");
  const [currency, setCurrency] = useState<string | null>(null);
  const [wrong, setWrong] = useState(false);
  const tell = useWriteBalance(number, "balance");
  const refused = refusedFields(tell.error);
  const isWrong = wrong || refused.amount !== undefined;
  const which = currency ?? stored.currency ?? "";
  const other = tell.error !== null && Object.keys(refused).length === 0;

  function send(event: FormEvent): void {
    event.preventDefault();
    const exact = readAmount(amount, i18n.language);
    setWrong(exact === null);
    if (exact !== null) {
      const body = { amount: exact, currency: which.trim().toUpperCase() };
      tell.mutate(body, { onSuccess: () => setAmount("") });
    }
  }

  return (
    <form onSubmit={send} className={styles.inner}>
      <div className={styles.fields}>
        <TextInput
          label={t("balance.amount")}
          inputMode="decimal"
          value={amount}
          error={isWrong ? t("balance.wrongAmount", { example: writeAmount("9.995", i18n.language) }) : undefined}
          autoComplete="off"
          onChange={(event) => {
            setWrong(false);
            setAmount(event.currentTarget.value);
          }}
          data-testid="balance-tell-amount"
        />
        <TextInput
          label={t("balance.currency")}
          value={which}
          error={refused.currency === undefined ? undefined : t("balance.wrongCurrency")}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          onChange={(event) => setCurrency(event.currentTarget.value)}
          data-testid="balance-tell-currency"
        />
      </div>
      <div className={styles.buttons}>
        <Button
          type="submit"
          variant="default"
          size="sm"
          disabled={amount.trim() === "" || which.trim() === ""}
          loading={tell.isPending}
          aria-label={t("balance.tell")}
          data-testid="balance-tell"
        >
          {t("balance.tell")}
        </Button>
      </div>
      {other ? (
        <p className={styles.refused} role="alert">
          {t("admin.saveFailed")}
        </p>
      ) : null}
    </form>
  );
}

function GuardForm({ number, stored }: { number: number; stored: StoredBalance }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const save = useWriteBalance(number, "balance/guard");
  const part = useOwnPart(draftOf(stored, i18n.language), stored.version);
  const { draft, set } = part;
  const form = formOf(draft, part.version, i18n.language);
  const refused = part.isTyped ? refusedFields(save.error) : {};
  const wrong = form === null || refused.floor !== undefined;
  const will = !part.isTyped ? "none" : refusesNow(draft, stored, now_s * 1000, i18n.language);

  return (
    <>
      <Switch
        size="md"
        label={t("balance.enabled")}
        checked={draft.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
        data-testid="balance-enabled"
      />
      <div className={styles.fields}>
        <TextInput
          label={stored.currency === null ? t("balance.floor") : t("balance.floorIn", { currency: stored.currency })}
          inputMode="decimal"
          value={draft.floor}
          error={wrong ? t("balance.wrongAmount", { example: writeAmount("9.995", i18n.language) }) : undefined}
          autoComplete="off"
          onChange={(event) => set({ floor: event.currentTarget.value })}
          data-testid="balance-floor"
        />
        <NativeSelect
          label={t("balance.below")}
          rightSection={<ChevronDown size={16} aria-hidden="true" />}
          data={[
            { value: "soft", label: t("balance.soft") },
            { value: "hard", label: t("balance.hard") },
          ]}
          value={draft.hard ? "hard" : "soft"}
          onChange={(event) => set({ hard: event.currentTarget.value === "hard" })}
          data-testid="balance-below"
        />
      </div>
      {draft.hard ? (
        <>
          <Switch
            size="md"
            label={t("balance.inbound")}
            checked={draft.inbound}
            onChange={(event) => set({ inbound: event.currentTarget.checked })}
            data-testid="balance-inbound"
          />
          <Switch
            size="md"
            label={t("balance.outbound")}
            checked={draft.outbound}
            onChange={(event) => set({ outbound: event.currentTarget.checked })}
            data-testid="balance-outbound"
          />
        </>
      ) : null}
      {will === "none" ? null : (
        <p className={styles.effect} data-testid="balance-effect">
          {t(`balance.will.${will}`)}
        </p>
      )}
      <SaveOwnPart
        name="balance"
        words={{ save: t("balance.save"), saved: t("balance.saved"), meanwhile: t("balance.meanwhile") }}
        part={part}
        form={form}
        saving={save}
      />
    </>
  );
}

function LastChange({ number, stored: { changed_at, changed_by } }: { number: number; stored: StoredBalance }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const when = changed_at === null ? "" : moment(Date.parse(changed_at) / 1000, now_s, i18n.language);
  return (
    <p className={styles.hint} data-testid="balance-changed">
      {changed_at === null ? t("balance.unchanged") : t("balance.changed", { when, name: changed_by ?? t("none") })}{" "}
      <Link to={`/system/audit?subject=number:${number}&area=number`}>{t("balance.audit")}</Link>
    </p>
  );
}
