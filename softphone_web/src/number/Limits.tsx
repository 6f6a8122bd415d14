import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { numberPtBR } from "../i18n/number/pt-BR";
import styles from "./Number.module.css";
import { type Draft, type Limit, type NumberSettings, type Rule, typed } from "./settings";
import { knownIn } from "./words";

const FIRST = ["concurrent_inbound", "concurrent_outbound", "initiations_per_24h", "connected_calls_per_24h"];

interface LimitsProps {
  stored: NumberSettings;
  draft: Draft;
  set: (to: Partial<Draft>) => void;
  wrong: (field: string) => string | undefined;
}

/** What Meta allows this number, beside Meta's own value, its date and its source; and our times. */
export function Limits({ stored, draft, set, wrong }: LimitsProps) {
  const { t, i18n } = useTranslation();
  const first = stored.limits.filter(({ name }) => FIRST.includes(name));
  const rest = stored.limits.filter(({ name }) => !FIRST.includes(name));
  const open = rest.some(({ name }) => (draft.limits[name] ?? "") !== "" || wrong(`limits.${name}`) !== undefined);

  const field = (limit: Limit) => {
    const known = knownIn(numberPtBR.limits.name, limit.name);
    const value = Array.isArray(limit.metas) ? typed(limit.metas) : limit.metas.toLocaleString(i18n.language);
    const since = limit.since === null ? "" : `, ${t("number.limits.since", { date: day(limit.since) })}`;
    return (
      <TextInput
        key={limit.name}
        label={known === null ? limit.name : t(`number.limits.name.${known}`)}
        description={`${t("number.limits.metas", { value })}${since}. ${t("number.limits.source", { source: limit.source })}.`}
        inputWrapperOrder={["label", "input", "description", "error"]}
        placeholder={typed(limit.metas)}
        inputMode={Array.isArray(limit.metas) ? "text" : "numeric"}
        value={draft.limits[limit.name] ?? ""}
        error={wrong(`limits.${limit.name}`)}
        onChange={(event) => set({ limits: { ...draft.limits, [limit.name]: event.currentTarget.value } })}
        data-testid={`limit-${limit.name}`}
      />
    );
  };

  const rule = ({ name, usual, least, most }: Rule) => {
    const known = knownIn(numberPtBR.limits.rule, name);
    return (
      <TextInput
        key={name}
        label={known === null ? name : t(`number.limits.rule.${known}`)}
        description={t("number.limits.usual", { value: usual, least, most })}
        inputWrapperOrder={["label", "input", "description", "error"]}
        placeholder={String(usual)}
        inputMode="decimal"
        value={draft.rules[name] ?? ""}
        error={wrong(`rules.${name}`)}
        onChange={(event) => set({ rules: { ...draft.rules, [name]: event.currentTarget.value } })}
        data-testid={`rule-${name}`}
      />
    );
  };

  function day(date: string): string {
    const form = { day: "2-digit", month: "short", year: "numeric", timeZone: "UTC" } as const;
    return new Intl.DateTimeFormat(i18n.language, form).format(Date.parse(date));
  }

  return (
    <section aria-labelledby="number-limits">
      <h2 id="number-limits">{t("number.limits.title")}</h2>
      <p className={styles.hint}>{t("number.limits.hint")}</p>
      <div className={styles.fields}>{first.map(field)}</div>
      <details className={styles.more} open={open || undefined}>
        <summary>{t("number.limits.more")}</summary>
        <div className={styles.fields}>{rest.map(field)}</div>
      </details>
      <h3>{t("number.limits.rules")}</h3>
      <div className={styles.fields}>{stored.rules.map(rule)}</div>
    </section>
  );
}
