import { ActionIcon, Button, TextInput } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useNow_s } from "../desk/useNow";
import styles from "./HoursPage.module.css";
import { Spans } from "./Spans";
import { placeOf, type TypedDay } from "./schedule";
import type { PartProps } from "./WeekForm";
import { dateText } from "./words";

/** Holidays, and dates whose hours are other than their weekday's. */
export function SpecialDays({ draft, set, wrong }: PartProps) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const whole = wrong("special_days");
  const change = (index: number, day: TypedDay) => set({ special: draft.special.with(index, day) });
  const today = new Date(now_s * 1000).toISOString().slice(0, 10);
  return (
    <section aria-labelledby="hours-special">
      <h2 id="hours-special">{t("hours.special")}</h2>
      {draft.special.length === 0 ? <p className={styles.hint}>{t("hours.specialNone")}</p> : null}
      {whole === undefined ? null : (
        <p className={styles.problem} role="alert">
          {whole}
        </p>
      )}
      <ul className={styles.special}>
        {draft.special.map((day, index) => {
          const said = day.on === "" ? t("hours.date") : dateText(day.on, i18n.language);
          return (
            <li key={index} data-testid="special-day" data-on={day.on}>
              <TextInput
                type="date"
                label={t("hours.date")}
                description={day.on !== "" && day.on < today ? t("hours.past") : undefined}
                value={day.on}
                onChange={(event) => change(index, { ...day, on: event.currentTarget.value })}
                data-testid="special-date"
              />
              <TextInput
                label={t("hours.name")}
                value={day.name}
                autoComplete="off"
                onChange={(event) => change(index, { ...day, name: event.currentTarget.value })}
                data-testid="special-name"
              />
              <Spans
                day={said}
                spans={day.spans}
                onChange={(spans) => change(index, { ...day, spans })}
                error={wrong(placeOf(day.on))}
              />
              <ActionIcon
                variant="subtle"
                color="red"
                size={36}
                aria-label={t("hours.specialRemove", { date: said })}
                title={t("hours.specialRemove", { date: said })}
                onClick={() => set({ special: draft.special.toSpliced(index, 1) })}
                data-testid="special-remove"
              >
                <Trash2 size={16} aria-hidden="true" />
              </ActionIcon>
            </li>
          );
        })}
      </ul>
      <Button
        size="xs"
        variant="default"
        leftSection={<Plus size={15} aria-hidden="true" />}
        onClick={() => set({ special: [...draft.special, { on: "", name: "", spans: [] }] })}
        data-testid="special-add"
      >
        {t("hours.specialAdd")}
      </Button>
    </section>
  );
}
