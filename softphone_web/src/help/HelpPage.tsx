import { useTranslation } from "react-i18next";
import { stepText, whyText } from "../dial/words";
import "../i18n/helpers";
import { CATALOGUE, type CatalogueEntry } from "./catalogue";
import styles from "./HelpPage.module.css";

const LIMITS = ["desktop", "oldApp", "groups", "phone", "permission", "silent"] as const;
const QUESTIONS = ["whyAsk", "whyWait", "whyOnce", "whyHidden", "official"] as const;

/** What agents ask when something does not go: what WhatsApp cannot do, why limits exist, and every refusal in words. */
export function HelpPage() {
  const { t } = useTranslation();
  return (
    <article className={styles.page} aria-labelledby="help-title" data-testid="help">
      <h1 id="help-title">{t("help.title")}</h1>
      <section aria-labelledby="help-limits" data-testid="help-limits">
        <h2 id="help-limits">{t("help.limits.title")}</h2>
        <ul>
          {LIMITS.map((limit) => (
            <li key={limit}>{t(`help.limits.${limit}`)}</li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="help-questions" data-testid="help-questions">
        <h2 id="help-questions">{t("help.questions.title")}</h2>
        <dl>
          {QUESTIONS.map((question) => (
            <div key={question}>
              <dt>{t(`help.questions.${question}.ask`)}</dt>
              <dd>{t(`help.questions.${question}.answer`)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <details open>
        <summary>{t("help.catalogue.title")}</summary>
        <p>{t("help.catalogue.hint")}</p>
        <dl>
          {CATALOGUE.map((entry) => (
            <Refusal key={entry.code} entry={entry} />
          ))}
        </dl>
      </details>
    </article>
  );
}

function Refusal({ entry }: { entry: CatalogueEntry }) {
  const { t } = useTranslation();
  const reason = { code: entry.code, retry_unix_s: null, rule: null, limit: null, next_step: null, meta_code: null };
  const helps = stepText(t, entry.step);
  const codes = entry.meta.length === 0 ? "" : t("help.catalogue.meta", { codes: entry.meta.join(", ") });
  return (
    <div data-testid="help-refusal" data-code={entry.code}>
      <dt>{whyText(t, reason)}</dt>
      <dd>
        {helps} <small>{[entry.code, codes].filter((words) => words !== "").join(" · ")}</small>
      </dd>
    </div>
  );
}
