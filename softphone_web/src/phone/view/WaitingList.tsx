import { useTranslation } from "react-i18next";
import { useDesk } from "../../desk/DeskProvider";
import { useNow_s } from "../../desk/useNow";
import { clockTime } from "../../i18n/format";
import { callerName } from "./caller";
import styles from "./WaitingList.module.css";

/** Calls that wait, but not for me now, and why not. */
export function WaitingList() {
  const { t } = useTranslation();
  const waiting = useDesk().state?.waiting ?? [];
  const now_s = useNow_s();
  if (waiting.length === 0) return null;
  return (
    <section className={styles.waiting} aria-labelledby="waiting-title" data-testid="waiting-list">
      <h3 id="waiting-title">{t("waiting.title", { n: waiting.length })}</h3>
      <ul>
        {waiting.map((call) => (
          <li key={call.call_id} data-call-id={call.call_id} data-why={call.why} data-testid="waiting-call">
            <span className={styles.caller}>{callerName(call.party)}</span>
            <span className={styles.time}>{clockTime(now_s - call.offered_unix_s)}</span>
            <span className={styles.why}>{t(`waiting.why.${call.why}`)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
