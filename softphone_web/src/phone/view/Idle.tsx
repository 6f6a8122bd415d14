import { PhoneIncoming } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../../desk/DeskProvider";
import styles from "./Idle.module.css";

/** Before the first call: what will be here. */
export function Idle() {
  const { t } = useTranslation();
  const { state, link } = useDesk();
  if (link !== "connected" || state?.presence !== "free" || state.last_call !== null) return null;
  return (
    <div className={styles.idle}>
      <PhoneIncoming size={28} strokeWidth={1.5} aria-hidden="true" />
      <p className={styles.title}>{t("phone.idle.free")}</p>
      <p>{t("phone.idle.freeHint")}</p>
    </div>
  );
}
