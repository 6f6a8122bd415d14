import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import styles from "./HoursPage.module.css";
import { Spans } from "./Spans";
import { type Draft, type TypedSpan, WEEKDAYS } from "./schedule";

export interface PartProps {
  draft: Draft;
  set: (to: Partial<Draft>) => void;
  wrong: (field: string) => string | undefined;
}

const FRIDAY = 4;

export function WeekForm({ draft, set, wrong }: PartProps) {
  const { t } = useTranslation();
  const whole = wrong("weekly");
  const change = (day: number, spans: TypedSpan[]) => set({ weekly: draft.weekly.with(day, spans) });
  const repeat = () =>
    set({ weekly: draft.weekly.map((spans, day) => (day > 0 && day <= FRIDAY ? (draft.weekly[0] ?? []) : spans)) });
  return (
    <section aria-labelledby="hours-week">
      <h2 id="hours-week">{t("hours.week")}</h2>
      <p className={styles.hint}>{t("hours.weekHint")}</p>
      {whole === undefined ? null : (
        <p className={styles.problem} role="alert">
          {whole}
        </p>
      )}
      <ul className={styles.days}>
        {WEEKDAYS.map((name, day) => (
          <li key={name} data-testid={`day-${name}`}>
            <strong className={styles.day}>{t(`hours.day.${name}`)}</strong>
            <Spans
              day={t(`hours.day.${name}`)}
              spans={draft.weekly[day] ?? []}
              onChange={(spans) => change(day, spans)}
              error={wrong(`weekly.${name}`)}
            />
            {day === 0 ? (
              <Button variant="subtle" size="xs" onClick={repeat} data-testid="week-repeat">
                {t("hours.copy")}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
