import { PhoneIncoming } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../../desk/DeskProvider";
import { chosenAvailability } from "../../desk/desk";
import styles from "./Idle.module.css";

/** Before the first call: what will be here, and what it takes. */
export function Idle() {
  const { t } = useTranslation();
  const desk = useDesk();
  const { state, link } = desk;
  if (link !== "connected" || state === null || state.last_call !== null) return null;
  const free = state.presence === "free";
  // While something is missing, or is being made ready, the bar above says what.
  if (!free && chosenAvailability(desk) === "ready") return null;
  return (
    <div className={styles.idle} data-free={free} data-empty="" data-testid="idle">
      <PhoneIncoming size={28} strokeWidth={1.5} aria-hidden="true" />
      <h3 className={styles.title}>{t(free ? "phone.idle.free" : "calls.empty.title")}</h3>
      <p>{t("phone.idle.freeHint")}</p>
      <p data-next="">{free ? t("empty.ask.first") : t("empty.ask.ready", { button: t("actions.ready") })}</p>
    </div>
  );
}
