import { Switch, TextInput } from "@mantine/core";
import { ShieldAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { useNamedPart } from "../standing/useNamedPart";
import { AMOUNTS, draftOf, formOf, type StoredGuard, useGuard, useSaveGuard } from "./guard";
import styles from "./Number.module.css";
import { SaveOwnPart, useOwnPart } from "./OwnPart";
import { refusedFields } from "./settings";
import { problemText } from "./words";

/** The pick-up guard of a number: what it may do, what it looks at, and what it did. Saved on its own. */
export function Guard({ number }: { number: number }) {
  const stored = useGuard(number);
  return stored.data === undefined ? null : <GuardForm number={number} stored={stored.data} />;
}

function GuardForm({ number, stored }: { number: number; stored: StoredGuard }) {
  const { t, i18n } = useTranslation();
  useNamedPart("number-guard");
  const save = useSaveGuard(number);
  const part = useOwnPart(draftOf(stored), stored.version);
  const { draft, set } = part;
  const refused = part.isTyped ? refusedFields(save.error) : {};
  const incomplete = AMOUNTS.some((name) => !/^[0-9]{1,6}$/.test(draft[name]));
  const doing = [
    stored.icon_hidden ? t("number.guard.iconHidden") : null,
    stored.closed_today ? t("number.guard.closedToday") : null,
  ].filter((words) => words !== null);
  const figure = (value: number) => value.toLocaleString(i18n.language, { maximumFractionDigits: 1 });

  return (
    <section aria-labelledby="number-guard" data-testid="number-guard" data-acting={doing.length > 0}>
      <h2 id="number-guard">{t("number.guard.title")}</h2>
      <p className={styles.hint}>{t("number.guard.hint")}</p>
      <p data-testid="guard-figures" className={styles.hint}>
        {stored.percent === null
          ? t("number.guard.noCalls", { able: stored.able })
          : t("number.guard.figures", {
              picked: stored.picked_up,
              offered: stored.offered,
              percent: `${figure(stored.percent)} %`,
              able: stored.able,
            })}
      </p>
      {doing.length === 0 ? null : (
        <p className={styles.differs} role="status" data-testid="guard-acting">
          {t("number.guard.acting", { what: doing.join(", ") })}
        </p>
      )}
      <Switch
        size="md"
        label={t("number.guard.enabled")}
        checked={draft.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
        data-testid="guard-enabled"
      />
      <Switch
        size="md"
        label={t("number.guard.hideIcon")}
        checked={draft.hide_icon}
        onChange={(event) => set({ hide_icon: event.currentTarget.checked })}
        data-testid="guard-hide-icon"
      />
      <Switch
        size="md"
        label={t("number.guard.shorten")}
        description={stored.can_shorten ? undefined : t("number.guard.cannotShorten")}
        checked={draft.shorten_hours}
        onChange={(event) => set({ shorten_hours: event.currentTarget.checked })}
        data-testid="guard-shorten"
      />
      <div className={styles.fields}>
        {AMOUNTS.map((name) => (
          <TextInput
            key={name}
            label={t(`number.guard.field.${name}`)}
            inputMode="numeric"
            value={draft[name]}
            error={refused[name] === "above_warning" ? t("number.guard.above") : problemText(t, refused[name])}
            onChange={(event) => set({ [name]: event.currentTarget.value })}
            data-testid={`guard-${name}`}
          />
        ))}
      </div>
      <SaveOwnPart
        name="guard"
        words={{
          save: t("number.guard.save"),
          saved: t("number.guard.saved"),
          meanwhile: t("number.guard.meanwhile"),
        }}
        part={part}
        form={incomplete ? null : formOf(draft, part.version)}
        saving={save}
      />
      <Acts stored={stored} />
    </section>
  );
}

function Acts({ stored: { acts } }: { stored: StoredGuard }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  return (
    <>
      <h3>{t("number.guard.acts")}</h3>
      {acts.length === 0 ? <p className={styles.hint}>{t("number.guard.noActs")}</p> : null}
      <ul className={styles.list} data-testid="guard-acts" hidden={acts.length === 0}>
        {acts.slice(0, 10).map(({ at, did, cause, able, offered, picked_up }) => (
          <li key={`${at}-${did}`}>
            <ShieldAlert size={18} aria-hidden="true" />
            <p>
              <strong>{moment(Date.parse(at) / 1000, now_s, i18n.language)}</strong>{" "}
              {`${t(`number.guard.did.${did}`)}: ${t(`number.guard.cause.${cause}`)}.`}{" "}
              <small>{t("number.guard.actFigures", { able, offered, picked: picked_up })}</small>
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
