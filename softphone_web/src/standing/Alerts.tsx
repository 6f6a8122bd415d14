import "../i18n/administrators";
import "../i18n/leaders";
import { TriangleAlert } from "lucide-react";
import type { MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import styles from "./Standing.module.css";
import { addressOfAlert, alertText, type OpenAlert } from "./standing";
import { goToPart } from "./useNamedPart";

interface AlertsProps {
  number: number;
  alerts: readonly OpenAlert[];
  /** The settings page itself shows them: what it explains is further down. */
  here?: true;
}

/** What is open of a number, each with the way to where it is explained. */
export function Alerts({ number, alerts, here }: AlertsProps) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  if (alerts.length === 0) {
    return here ? null : <p className={styles.quiet}>{t("standing.noAlerts")}</p>;
  }
  return (
    <div className={here ? styles.notice : undefined} data-testid="number-alerts">
      <p className={styles.count}>
        <TriangleAlert size={16} aria-hidden="true" /> {t("standing.alerts", { count: alerts.length })}
      </p>
      <ul className={styles.alerts}>
        {alerts.map((alert) => (
          <li key={`${alert.code}-${alert.kind}`} data-testid="number-alert" data-alert={alert.code}>
            <WayTo number={number} alert={alert} here={here} />{" "}
            {alert.until === null
              ? null
              : t("standing.until", { when: moment(Date.parse(alert.until) / 1000, now_s, i18n.language) })}
          </li>
        ))}
      </ul>
    </div>
  );
}

function WayTo({ number, alert, here }: { number: number; alert: OpenAlert; here: true | undefined }) {
  const { t } = useTranslation();
  const words = alertText(t, alert);
  if (here === undefined || alert.place === "readiness") return <Link to={addressOfAlert(number, alert)}>{words}</Link>;
  const part = `number-${alert.place}`;
  function go(event: MouseEvent): void {
    event.preventDefault(); // what is typed and not saved stays: nobody leaves
    goToPart(part);
  }
  return (
    <a href={`#${part}`} onClick={go}>
      {words}
    </a>
  );
}
