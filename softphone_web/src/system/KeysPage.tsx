import { Button } from "@mantine/core";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loading } from "../admin/NumberPage";
import { useDepartments, useNumbers } from "../admin/office";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { Empty } from "../shell/Empty";
import { DeedTrouble } from "./ChooseSome";
import { troubleText } from "./deeds";
import { KeyForm } from "./KeyForm";
import { type ApiKey, type Keys, scopeText, stateOf, useKeys, useRevokeKey } from "./keys";
import { Sure } from "./Sure";
import styles from "./System.module.css";
import { SystemPage } from "./SystemPage";
import { type Told, ToldOnce } from "./ToldOnce";

/** Keys of other systems for the API: made, looked at, revoked. */
export function KeysPage() {
  return (
    <SystemPage page="keys">
      <AllOfThem />
    </SystemPage>
  );
}

function AllOfThem() {
  const keys = useKeys();
  return keys.data === undefined ? <Loading query={keys} /> : <List {...keys.data} />;
}

function List({ keys, scopes, usual_per_minute }: Keys) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const [told, setTold] = useState<Told | null>(null);
  const usable = keys.filter(({ works }) => works);
  const over = keys.filter(({ works }) => !works);
  const empty = keys.length === 0 && !adding;
  const begin = (
    <Button
      size="sm"
      leftSection={<Plus size={16} aria-hidden="true" />}
      disabled={adding}
      onClick={() => setAdding(true)}
      data-testid="key-add"
    >
      {t("system.keys.add")}
    </Button>
  );
  return (
    <section className={styles.card} aria-label={t("system.keys.title")}>
      <div className={styles.head}>
        <p className={styles.intro}>{t("system.keys.readMore")}</p>
        {empty ? null : begin}
      </div>
      {told === null ? null : <ToldOnce key={told.secret} told={told} onDone={() => setTold(null)} />}
      {adding ? (
        <KeyForm
          scopes={scopes}
          usual={usual_per_minute}
          onMade={({ name }, secret) => {
            setAdding(false);
            setTold({ title: t("system.keys.made", { name }), secret });
          }}
          onClose={() => setAdding(false)}
        />
      ) : null}
      {empty ? (
        <Empty part icon={KeyRound} title={t("empty.title.keys")} words={t("system.keys.none")} testid="keys-none">
          {begin}
        </Empty>
      ) : null}
      <ul className={styles.rows}>
        {[...usable, ...over].map((key) => (
          <KeyRow key={key.prefix} apiKey={key} />
        ))}
      </ul>
    </section>
  );
}

function KeyRow({ apiKey }: { apiKey: ApiKey }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const [asking, setAsking] = useState(false);
  const revoking = useRevokeKey(apiKey.prefix);
  const places = usePlaceNames(apiKey);
  const state = stateOf(apiKey);
  const when = (at: string): string => moment(Date.parse(at) / 1000, now_s, i18n.language);
  const about = [
    apiKey.last_used_at === null
      ? t("system.keys.neverUsed")
      : t("system.keys.used", { when: when(apiKey.last_used_at) }),
    t("system.keys.createdAt", { when: when(apiKey.created_at) }),
    ...(apiKey.expires_at === null ? [] : [t("system.keys.expiresAt", { when: when(apiKey.expires_at) })]),
    ...(apiKey.per_minute === null ? [] : [t("system.keys.limit", { n: apiKey.per_minute })]),
  ];
  return (
    <li data-testid="key" data-prefix={apiKey.prefix} data-state={state}>
      <div className={styles.row}>
        <div className={styles.what}>
          <strong>{apiKey.name}</strong>
          <code>{`ramal_${apiKey.prefix}_…`}</code>
          <p>{about.join(" · ")}</p>
          <p>{places}</p>
          <ul className={styles.chips} aria-label={t("system.keys.scopesTitle")}>
            {apiKey.scopes.map((scope) => (
              <li key={scope}>{scopeText(t, scope)}</li>
            ))}
          </ul>
        </div>
        <span className={styles.state} data-tone={state === "works" ? "ok" : "rest"} data-testid="key-state">
          {t(`system.keys.states.${state}`)}
        </span>
        {state === "revoked" || asking ? null : (
          <Button
            size="xs"
            variant="default"
            aria-label={t("system.keys.revokeOf", { name: apiKey.name })}
            onClick={() => setAsking(true)}
            data-testid="key-revoke"
          >
            {t("system.keys.revoke")}
          </Button>
        )}
      </div>
      {asking ? (
        <Sure
          name={t("system.keys.revokeOf", { name: apiKey.name })}
          effect={t("system.keys.revokeSure", { name: apiKey.name })}
          yes={t("system.keys.revokeYes")}
          pending={revoking.isPending}
          onYes={() => revoking.mutate(undefined, { onSuccess: () => setAsking(false) })}
          onNo={() => setAsking(false)}
        />
      ) : null}
      <DeedTrouble words={revoking.error === null ? null : troubleText(t, revoking.error)} />
    </li>
  );
}

/** Where a key works, by name; null is everywhere. */
function usePlaceNames(key: ApiKey): string {
  const { t } = useTranslation();
  const numbers = useNumbers().data ?? [];
  const departments = useDepartments().data ?? [];
  const named = (ids: number[] | null, known: { id: number; name: string }[]): string =>
    ids === null
      ? t("system.keys.everywhere")
      : ids.map((id) => known.find((one) => one.id === id)?.name ?? `#${id}`).join(", ");
  const ofNumbers = named(
    key.number_ids,
    numbers.map(({ id, label }) => ({ id, name: label })),
  );
  return [
    `${t("system.keys.numbers")}: ${ofNumbers}`,
    `${t("system.keys.departments")}: ${named(key.department_ids, departments)}`,
  ].join(" · ");
}
