/** One zone for every time on the pages: the account's, and not that of the browser, which is in UTC here. */
import { render, screen } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { CallTable } from "../calls/RecentCalls";
import { whenOf } from "../history/words";
import { momentIn } from "../history/zone";
import { ZoneNote } from "../shell/ZoneNote";
import { queryOf, readWish } from "../system/audit";
import { EMPTY_KEY, problemsOf } from "../system/keys";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import { dayAndTime, dayOf, isSameDay, isSameYear, moment, timeOfDay, timeWithSeconds } from "./format";
import { chooseLanguage, startTranslations } from "./index";
import { accountZone, differsFromBrowser, showTimesIn } from "./zone";

const MANAUS = "America/Manaus"; // four hours behind UTC, all year round
const NOW = new Date("2026-11-26T01:30:00Z"); // still the 25th there
const now_s = NOW.getTime() / 1000;

beforeAll(() => {
  startTranslations();
  chooseLanguage("en");
});
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterEach(() => vi.useRealTimers());

describe("times in the account's zone", () => {
  beforeEach(() => showTimesIn(MANAUS));

  it("are told in it, with its days and its years", () => {
    expect(timeOfDay(now_s, "pt-BR")).toBe("21:30");
    expect(timeWithSeconds(now_s + 7, "pt-BR")).toBe("21:30:07");
    expect(dayAndTime(now_s, "pt-BR", "short")).toBe("25/11/2026, 21:30:00");
    expect(moment(now_s, now_s + 60, "pt-BR")).toBe("21:30");
    expect(isSameDay(now_s, now_s - 20 * 3600)).toBe(true); // of one day there, of two in UTC
    expect(dayOf(now_s - 20 * 3600, now_s, "en")).toBe("today");
    expect(dayOf(now_s - 22 * 3600, now_s, "en")).toBe("yesterday");
    const newYear_s = Date.parse("2027-01-01T02:00:00Z") / 1000;
    expect(isSameYear(newYear_s, now_s)).toBe(true);
  });

  it("of what has a zone of its own are told in that one", () => {
    expect(moment(now_s, now_s, "pt-BR", "Asia/Tokyo")).toBe("10:30");
  });

  it("are the same in the list of recent calls, in the history, and for who works elsewhere", async () => {
    const offered_at = "2026-11-25T15:05:00Z";
    const call = { call_id: "1".repeat(32), direction: "inbound", outcome: "missed", offered_at } as const;
    const about = { customer_name: null, customer_label: "+55 ••", number_label: "Vendas", agent_name: null };
    const more = { ended_by: null, failure_code: null, recording: null, talk_s: null };
    const world = showWith(<CallTable calls={[{ ...call, ...about, ...more } as never]} mayCall="never" />);
    expect(document.querySelector("time")?.textContent).toBe("11:05 AM today");
    expect(whenOf(offered_at, accountZone(), "en", NOW).time).toBe("11:05 AM");
    world.phone.stop();
  });

  it("are typed in it, too: days of the audit, the last day of a key, the moment of a trial", () => {
    const asked = new URLSearchParams(queryOf(readWish("since=2026-11-25&until=2026-11-25"), null));
    expect(asked.get("since")).toBe("2026-11-25T04:00:00.000Z");
    expect(asked.get("until")).toBe("2026-11-26T04:00:00.000Z");
    const expires = (day: string) => problemsOf({ ...EMPTY_KEY, name: "CRM", scopes: ["x"], expires: day }, NOW);
    expect(expires("2026-11-25").expires_at, "today is not over there").toBeUndefined();
    expect(expires("2026-11-24").expires_at).toBe("expires_at_invalid");
    expect(momentIn("2026-03-04T10:30", MANAUS).toISOString()).toBe("2026-03-04T14:30:00.000Z");
  });

  it("are said to be so, where the browser's clock shows another time", () => {
    render(<ZoneNote />);
    expect(screen.getByTestId("zone-note").textContent).toBe("Times are in Amazon Standard Time (GMT-4)");
  });
});

describe("the zone is not mentioned", () => {
  it.each([undefined, "UTC", "Africa/Abidjan"])("where both are the same: %s", (zone) => {
    showTimesIn(zone);
    render(<ZoneNote />);
    expect(screen.queryByTestId("zone-note")).toBeNull();
  });

  it("but is in winter, when only summer differs", () => {
    showTimesIn("Europe/London");
    expect(differsFromBrowser(NOW)).toBe(true);
  });
});

it("the session says it, before any page is shown", async () => {
  const { fetchSession } = await import("../session/session");
  new FakeApi({ "GET /session": { me: { agent_id: 1, name: "Ana", role: "agent" }, time_zone: MANAUS } });
  await fetchSession();
  expect(accountZone()).toBe(MANAUS);
});

describe("the pages", () => {
  const sources = import.meta.glob<string>("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });
  const pages = Object.entries(sources).filter(([path]) => !/\.test\.|\/test\//.test(path));

  it("write no time in the browser's zone", () => {
    const found = pages.flatMap(([path, source]) =>
      [
        ...[...source.matchAll(/toLocaleTimeString|toDateString|getHours\(|setHours\(|getTimezoneOffset/g)],
        ...[...source.matchAll(/new Intl\.DateTimeFormat\([^;]*?;/gs)].filter(
          ([call]) => !/timeZone\b/.test(call) && !(/\bform\)/.test(call) && /timeZone: /.test(source)),
        ),
      ].map(([what]) => `${path}: ${what}`),
    );
    expect(found).toEqual([]);
  });
});
