import { dayIn, daysLater } from "../history/zone";
import { accountZone } from "./zone";

/** `0:07`, `12:40`, `1:02:03`. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A duration for a sentence: `12 s`, `3 min`. */
export function roughDuration(seconds: number, language: string): string {
  const [value, unit] =
    seconds < 60
      ? ([Math.max(1, Math.ceil(seconds)), "second"] as const)
      : ([Math.ceil(seconds / 60), "minute"] as const);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

/** What is left of a long wait, for a clock that runs: `3 h 12 min`, `12 min`, `45 s`. Never zero. */
export function timeLeft(seconds: number, language: string): string {
  const unit = (value: number, name: "day" | "hour" | "minute" | "second"): string =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  if (seconds <= 60) return unit(Math.max(1, Math.ceil(seconds)), "second");
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return unit(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return [unit(hours, "hour"), ...(minutes % 60 ? [unit(minutes % 60, "minute")] : [])].join(" ");
  return [unit(Math.floor(hours / 24), "day"), ...(hours % 24 ? [unit(hours % 24, "hour")] : [])].join(" ");
}

/** A moment that may lie far away: `14:03` today, else with its day, and with its year where it is another. `zone`: of
 * what has one of its own. */
export function moment(unix_s: number, now_unix_s: number, language: string, zone = accountZone()): string {
  if (isSameDay(unix_s, now_unix_s, zone)) return told(unix_s, language, CLOCK, zone);
  return told(unix_s, language, { ...dayForm(unix_s, now_unix_s, zone), ...CLOCK }, zone);
}

const CLOCK = { hour: "2-digit", minute: "2-digit" } as const satisfies Intl.DateTimeFormatOptions;

/** The year is told where it is not the present one, and the month as a number then: it is to stay short. */
function dayForm(unix_s: number, now_unix_s: number, zone: string): Intl.DateTimeFormatOptions {
  if (isSameYear(unix_s, now_unix_s, zone)) return { day: "2-digit", month: "short" };
  return { day: "2-digit", month: "2-digit", year: "numeric" };
}

export function isSameYear(a_unix_s: number, b_unix_s: number, zone = accountZone()): boolean {
  return dayIn(zone, date(a_unix_s)).slice(0, 4) === dayIn(zone, date(b_unix_s)).slice(0, 4);
}

export function isSameDay(a_unix_s: number, b_unix_s: number, zone = accountZone()): boolean {
  return dayIn(zone, date(a_unix_s)) === dayIn(zone, date(b_unix_s));
}

export function timeOfDay(unix_s: number, language: string): string {
  return told(unix_s, language, CLOCK);
}

/** `14:03:07`. */
export function timeWithSeconds(unix_s: number, language: string): string {
  return told(unix_s, language, { timeStyle: "medium" });
}

/** Day and time, of whatever year. `length`: `short` is for lists, with the seconds. */
export function dayAndTime(unix_s: number, language: string, length: "short" | "medium" | "long"): string {
  return told(unix_s, language, { dateStyle: length, timeStyle: length === "short" ? "medium" : "short" });
}

export type Day = "today" | "yesterday" | string;

/** Today and yesterday stay words for the translation; other days are dates. */
export function dayOf(unix_s: number, now_unix_s: number, language: string): Day {
  const zone = accountZone();
  const [day, today] = [dayIn(zone, date(unix_s)), dayIn(zone, date(now_unix_s))];
  if (day >= today) return "today";
  if (day === daysLater(today, -1)) return "yesterday";
  return told(unix_s, language, dayForm(unix_s, now_unix_s, zone), zone);
}

function told(unix_s: number, language: string, form: Intl.DateTimeFormatOptions, zone = accountZone()): string {
  return new Intl.DateTimeFormat(language, { ...form, timeZone: zone }).format(date(unix_s));
}

function date(unix_s: number): Date {
  return new Date(unix_s * 1000);
}
