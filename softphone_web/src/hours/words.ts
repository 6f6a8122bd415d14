/** Hours in the words of whoever reads them. */
import type { TFunction } from "i18next";
import { type Problem, WEEKDAYS, type Weekday } from "./schedule";

const CODES = [
  "unknown_zone",
  "closes_before_it_opens",
  "overlap",
  "too_many",
  "date_twice",
  "bad_name",
  "meta_takes_two_spans_a_day",
  "meta_needs_an_open_hour",
  "meta_takes_twenty_holidays",
  "meta_opens_no_special_hours",
  "missing",
] as const;

export function hoursProblem(t: TFunction, problem: Problem): string {
  const code = CODES.find((known) => known === problem.code);
  return code === undefined ? t("hours.problem.other", { code: problem.code }) : t(`hours.problem.${code}`);
}

export function changesText(t: TFunction, changes: readonly string[]): string {
  const words = changes.map((what) => {
    if (isWeekday(what)) return t(`hours.day.${what}`);
    return what === "always" || what === "zone" || what === "special" || what === "tell"
      ? t(`hours.changed.${what}`)
      : what;
  });
  return words.join(", ");
}

/** `status`, `zone`, `weekly.monday`, `special_days.2026-12-25` for people. */
export function placeText(t: TFunction, place: string, language: string): string {
  const [list, what = ""] = place.split(".", 2);
  if (list === "status") return t("hours.meta.status");
  if (list === "weekly" && isWeekday(what)) return t(`hours.day.${what}`);
  if (list === "special_days") return dateText(what, language);
  return list === "zone" ? t("hours.zone") : place;
}

/** A date without a time, whatever the reader's own zone is. */
export function dateText(on: string, language: string): string {
  const at = Date.parse(`${on}T12:00:00Z`);
  if (Number.isNaN(at)) return on;
  const form = { weekday: "short", day: "2-digit", month: "short", year: "numeric", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(language, form).format(at);
}

function isWeekday(word: string): word is Weekday {
  return (WEEKDAYS as readonly string[]).includes(word);
}
