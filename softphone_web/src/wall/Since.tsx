import { AlarmClock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { clockTime } from "../i18n/format";
import { useSecondsSince } from "./second";
import styles from "./Wall.module.css";
import { WAIT_TARGET_S } from "./wall";

/** How long ago that was, running. */
export function Since({ unix_s }: { unix_s: number }) {
  return <span className={styles.time}>{clockTime(useSecondsSince(unix_s))}</span>;
}

/** How long a customer has waited; past the target in colour, with a sign and a word. */
export function Waited({ unix_s }: { unix_s: number }) {
  const { t } = useTranslation();
  const waited_s = useSecondsSince(unix_s);
  const late = waited_s >= WAIT_TARGET_S;
  return (
    <span className={styles.time} data-late={late || undefined}>
      {late ? <AlarmClock size={14} role="img" aria-label={t("wall.late", { seconds: WAIT_TARGET_S })} /> : null}
      {clockTime(waited_s)}
    </span>
  );
}
