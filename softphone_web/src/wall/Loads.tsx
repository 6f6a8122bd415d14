import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Load, WallNumber } from "../contract/messages";
import { shareOf, strainOf } from "../numbers/capacity";
import styles from "./Wall.module.css";

/** Our numbers and their load against what Meta allows, in and out. */
export function Loads({ numbers }: { numbers: readonly WallNumber[] }) {
  const { t } = useTranslation();
  return (
    <section className={styles.block} aria-labelledby="wall-numbers-title" data-testid="wall-numbers">
      <h2 id="wall-numbers-title">
        {t("wall.numbers.title")} <span className={styles.count}>{numbers.length}</span>
      </h2>
      {numbers.length === 0 ? <p className={styles.none}>{t("numbers.none")}</p> : null}
      <ul className={styles.loads}>
        {numbers.map((number) => (
          <li key={number.number_id} data-testid="wall-number" data-number-id={number.number_id}>
            <strong>{number.label}</strong>
            {number.alerts.length === 0 ? null : (
              <ul className={styles.alerts} data-testid="wall-alerts">
                {number.alerts.map((alert) => (
                  <li key={alert} data-alert={alert}>
                    <TriangleAlert size={15} aria-hidden="true" /> {t(`wall.alerts.${alert}`)}
                  </li>
                ))}
              </ul>
            )}
            <Meter of="inbound" load={number.inbound} />
            <Meter of="outbound" load={number.outbound} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Meter({ of, load }: { of: "inbound" | "outbound"; load: Load }) {
  const { t, i18n } = useTranslation();
  const strain = strainOf(load);
  const figure = (n: number) => n.toLocaleString(i18n.language);
  return (
    <span className={styles.meter} data-strain={strain} data-testid={`wall-load-${of}`}>
      <span>{t(`wall.numbers.${of}`)}</span>
      <span className={styles.bar} aria-hidden="true">
        <span style={{ width: `${100 * shareOf(load)}%` }} />
      </span>
      <span className={styles.figures}>
        {t("numbers.figures", { used: figure(load.used), limit: figure(load.limit) })}
        {strain === "fine" ? null : <b>{t(`numbers.strain.${strain}`)}</b>}
      </span>
    </span>
  );
}
