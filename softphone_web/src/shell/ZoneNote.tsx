import { Clock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { zoneName } from "../history/words";
import { accountZone, differsFromBrowser } from "../i18n/zone";
import styles from "./ZoneNote.module.css";

/** Whose times these are, where the clock beside the browser shows another one. */
export function ZoneNote() {
  const { t, i18n } = useTranslation();
  const now = new Date();
  if (!differsFromBrowser(now)) return null;
  return (
    <p className={styles.zone} data-testid="zone-note">
      <Clock size={14} aria-hidden="true" />
      <span>{t("shell.zone", { zone: zoneName(accountZone(), i18n.language, now) })}</span>
    </p>
  );
}
