import { useTranslation } from "react-i18next";
import styles from "./Replay.module.css";
import { Said } from "./Said";
import { TextState } from "./TextState";
import type { HowFar, Summary } from "./texts";

interface Props {
  call: string;
  summary: Summary;
  howFar: HowFar;
  seek: (to_s: number) => void;
}

/** What the call was about, as a machine wrote it, and how far that is. */
export function SummaryShown({ call, summary, howFar, seek }: Props) {
  const { t } = useTranslation();
  const state = howFar.state ?? summary.state;
  if (state === null) return null;
  return (
    <section className={styles.text} data-testid="summary" data-state={state}>
      <h3>{t("replay.summary.title")}</h3>
      <TextState call={call} what="summary" howFar={howFar} />
      {summary.kind === "key_sentences" ? <KeySentences summary={summary} seek={seek} /> : null}
      {summary.kind === "model" ? <Written summary={summary} /> : null}
    </section>
  );
}

function KeySentences({ summary, seek }: Pick<Props, "summary" | "seek">) {
  const { t } = useTranslation();
  return (
    <>
      <p className={styles.hint}>{t("replay.summary.keySentences")}</p>
      <ol className={styles.lines}>
        {summary.sentences.map((one) => (
          <li key={`${one.speaker}${one.start_s}${one.text}`}>
            <button type="button" className={styles.line} onClick={() => seek(one.start_s)}>
              <Said at_s={one.start_s} speaker={one.speaker} />
              <span>{one.text}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

function Written({ summary }: Pick<Props, "summary">) {
  const { t } = useTranslation();
  return (
    <>
      <dl className={styles.summary}>
        <dt>{t("replay.summary.reason")}</dt>
        <dd>{summary.reason}</dd>
        <dt>{t("replay.summary.outcome")}</dt>
        <dd>{summary.outcome}</dd>
        {summary.promises.length === 0 ? null : (
          <>
            <dt>{t("replay.summary.promises")}</dt>
            {summary.promises.map((one) => (
              <dd key={`${one.by}${one.what}`}>
                <b data-side={one.by}>{t(one.by === "customer" ? "replay.customer" : "replay.agent")}</b> {one.what}
              </dd>
            ))}
          </>
        )}
        {summary.next_steps.length === 0 ? null : (
          <>
            <dt>{t("replay.summary.nextSteps")}</dt>
            {summary.next_steps.map((step) => (
              <dd key={step}>{step}</dd>
            ))}
          </>
        )}
      </dl>
      <p className={styles.hint}>
        {t("replay.summary.byMachine")}
        {summary.shortened ? ` ${t("replay.summary.shortened")}` : ""}
      </p>
    </>
  );
}
