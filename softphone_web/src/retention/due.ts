/** When something goes, in words. */
import type { TFunction } from "i18next";
import { dayAndTime, isSameYear, moment } from "../i18n/format";

/** `due_at` null: it does not go by itself. */
export function dueText(t: TFunction, due_at: string | null, now_s: number, language: string): string {
  if (due_at === null) return t("retention.never");
  const due_s = Date.parse(due_at) / 1000;
  return due_s <= now_s ? t("retention.overdue") : t("retention.due", { when: withYear(due_s, now_s, language) });
}

/** Some go in years: their day is then told with the month as a word. */
function withYear(unix_s: number, now_s: number, language: string): string {
  return isSameYear(unix_s, now_s) ? moment(unix_s, now_s, language) : dayAndTime(unix_s, language, "medium");
}
