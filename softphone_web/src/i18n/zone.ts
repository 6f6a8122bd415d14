/** The one time zone of everything that the pages tell: the account's, wherever the browser is. People who look at the
 * same call from two places read the same time. What is relative (seconds that run, "in 3 h") needs no zone. What has a
 * zone of its own, such as a number's opening hours, names it. */

let account: string | undefined;

/** Said by the session before any page is shown; until then it is the browser's. */
export function showTimesIn(zone: string | undefined): void {
  account = zone;
}

export function accountZone(): string {
  return account ?? browserZone();
}

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether a clock beside the browser ever shows another time than these pages: now, or when summer comes. */
export function differsFromBrowser(now: Date): boolean {
  const [here, there] = [browserZone(), accountZone()];
  if (here === there) return false;
  const year = now.getUTCFullYear();
  return [now, new Date(Date.UTC(year, 0, 1)), new Date(Date.UTC(year, 6, 1))].some(
    (at) => clockIn(here, at) !== clockIn(there, at),
  );
}

function clockIn(zone: string, at: Date): string {
  return new Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "short", timeZone: zone }).format(at);
}
