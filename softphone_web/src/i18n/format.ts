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

/** A moment that may lie far away: `14:03` today, else with its day, and with its year where it is another. */
export function moment(unix_s: number, now_unix_s: number, language: string): string {
  if (isSameDay(unix_s, now_unix_s)) return timeOfDay(unix_s, language);
  const form = { ...dayForm(unix_s, now_unix_s), hour: "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat(language, form).format(unix_s * 1000);
}

/** The year is told where it is not the present one, and the month as a number then: it is to stay short. */
function dayForm(unix_s: number, now_unix_s: number): Intl.DateTimeFormatOptions {
  const isThisYear = new Date(unix_s * 1000).getFullYear() === new Date(now_unix_s * 1000).getFullYear();
  if (isThisYear) return { day: "2-digit", month: "short" };
  return { day: "2-digit", month: "2-digit", year: "numeric" };
}

export function isSameDay(a_unix_s: number, b_unix_s: number): boolean {
  return new Date(a_unix_s * 1000).toDateString() === new Date(b_unix_s * 1000).toDateString();
}

export function timeOfDay(unix_s: number, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(unix_s * 1000);
}

export type Day = "today" | "yesterday" | string;

/** Today and yesterday stay words for the translation; other days are dates. */
export function dayOf(unix_s: number, now_unix_s: number, language: string): Day {
  const midnight = new Date(now_unix_s * 1000).setHours(0, 0, 0, 0) / 1000;
  if (unix_s >= midnight) return "today";
  if (unix_s >= midnight - 86_400) return "yesterday";
  return new Intl.DateTimeFormat(language, dayForm(unix_s, now_unix_s)).format(unix_s * 1000);
}
