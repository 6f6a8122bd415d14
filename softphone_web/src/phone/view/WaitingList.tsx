import { useTranslation } from "react-i18next";
import type { WaitingCall } from "../../contract/messages";
import { useDesk } from "../../desk/DeskProvider";
import { useNow_s } from "../../desk/useNow";
import { clockTime } from "../../i18n/format";
import { callerName } from "./caller";
import styles from "./WaitingList.module.css";

/** The calls that wait, but not for me now: who has waited longest first (the gateway's order), and why not here. */
export function WaitingList() {
  const { t } = useTranslation();
  const { state } = useDesk();
  const waiting = state?.waiting ?? [];
  const total = Math.max(waiting.length, state?.waiting_total ?? 0);
  const now_s = useNow_s();
  if (waiting.length === 0) return null;
  return (
    <section className={styles.waiting} aria-labelledby="waiting-title" data-testid="waiting-list">
      <h3 id="waiting-title">{t("waiting.title", { n: total })}</h3>
      <ol>
        {waiting.map((call) => (
          <Waiting key={call.call_id} call={call} now_s={now_s} />
        ))}
      </ol>
      {total > waiting.length ? (
        <p className={styles.more} data-testid="waiting-more">
          {t("waiting.more", { n: total - waiting.length })}
        </p>
      ) : null}
    </section>
  );
}

function Waiting({ call, now_s }: { call: WaitingCall; now_s: number }) {
  const { t } = useTranslation();
  const { position, department, waiting_since_unix_s } = call.line;
  const where = [position === null ? t("waiting.alone") : t("waiting.position", { n: position }), department];
  return (
    <li data-call-id={call.call_id} data-why={call.why} data-testid="waiting-call">
      <span className={styles.caller}>{callerName(call.party)}</span>
      <span className={styles.time} data-testid="waiting-time">
        {clockTime(now_s - waiting_since_unix_s)}
      </span>
      <span className={styles.where} data-testid="waiting-where">
        {where.filter(Boolean).join(" · ")}
      </span>
      <span className={styles.why}>{t(`waiting.why.${call.why}`)}</span>
    </li>
  );
}
