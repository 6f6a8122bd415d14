/** Days of the account's time zone, wherever the page is read. Pure. */

/** The day there, as `2026-03-04`. */
export function dayIn(zone: string, at: Date): string {
  const { year, month, day } = partsIn(zone, at);
  return `${year}-${month}-${day}`;
}

/** The moment at which a day begins there. Where clocks jump over midnight it is the first moment of the day. */
export function beginningOf(day: string, zone: string): Date {
  let guess_ms = momentIn(`${day}T00:00`, zone).getTime();
  while (dayIn(zone, new Date(guess_ms)) < day) guess_ms += 900_000;
  return new Date(guess_ms);
}

/** When a clock there shows `2026-03-04T10:30`. */
export function momentIn(clock: string, zone: string): Date {
  const wanted_ms = Date.parse(`${clock}Z`);
  let guess_ms = wanted_ms;
  for (let turn = 0; turn < 3; turn++) guess_ms = wanted_ms - offset_ms(zone, guess_ms);
  return new Date(guess_ms);
}

export function daysLater(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Whether it is one that there is: `2026-02-30` is none. */
export function isDay(text: string): boolean {
  if (!/^20\d\d-\d\d-\d\d$/.test(text)) return false;
  const at_ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at_ms) && new Date(at_ms).toISOString().startsWith(text);
}

function offset_ms(zone: string, at_ms: number): number {
  const { year, month, day, hour, minute, second } = partsIn(zone, new Date(at_ms));
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) - Math.floor(at_ms / 1000) * 1000;
}

type Part = "year" | "month" | "day" | "hour" | "minute" | "second";

function partsIn(zone: string, at: Date): Record<Part, string> {
  const two = "2-digit" as const;
  const form = { year: "numeric", month: two, day: two, hour: two, minute: two, second: two } as const;
  const parts = new Intl.DateTimeFormat("en-CA", { ...form, hourCycle: "h23", timeZone: zone }).formatToParts(at);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value])) as Record<Part, string>;
}
