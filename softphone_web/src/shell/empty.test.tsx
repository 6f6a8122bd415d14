/** Every page while there is nothing on it yet: it says what it is, what will be here, and what to do next. */
import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { chooseLanguage, LANGUAGES, type Language, startTranslations } from "../i18n";
import { ALL_PAGES, type Gateway, openPage, ROSA } from "../test/any_page";

/** What there is on them does not depend on what has happened: settings, checks, a form, what a number does unasked. */
const NEVER_EMPTY = [
  "/audio",
  "/check",
  "/numbers/new",
  "/numbers/7/settings",
  "/numbers/7/readiness",
  "/numbers/7/plan",
  "/help",
  "/system/reasons", // whoever has none of their own has the usual ones
];
/** It is told by Socket.IO: see `told.test.tsx`. */
const TOLD = ["/wall"];

const NEVER = { version: 0, changed_at: null, changed_by: null };
const COUNTED = { since: "2026-11-19T03:00:00Z", zone: "America/Sao_Paulo", lines: [] };
const ME = { id: 1, login: "rosa", ...ROSA, language: "pt-BR", disabled_at: null, first_password: false };

/** A gateway that was set up a minute ago, and has one number where a page is of one. */
const NOTHING: Record<string, object> = {
  "/api-keys": { keys: [], scopes: ["calls:read"], usual_per_minute: 600 },
  "/audit": { lines: [], next: null },
  "/callbacks": { callbacks: [] },
  "/calls": { calls: [] },
  "/calls/outline": { count: 0, more: false, step: 100, marks: [], departments: null },
  "/capacity": { at: "2026-11-25T12:00:00Z", numbers: [], process: null },
  "/contacts": { contacts: [], next: null },
  "/departments": { departments: [] },
  "/event-subscriptions": { subscriptions: [], kinds: ["call.ended"] },
  "/jobs": { jobs: [], next: null, counts: { waiting: 0, running: 0, failed: 0 } },
  "/linked-devices": { devices: [] },
  "/measures": { ...COUNTED, level_s: 20, total: { inbound: { offered: 0 }, outbound: { placed: 0 }, work: {} } },
  "/numbers": { numbers: [] },
  "/numbers/7/permission-templates": {
    ...{ ...NEVER, text: "", templates: [], can_ask: false, failure: null },
    ...{ asked_at: "2026-11-25T12:00:00Z", answered_at: "2026-11-25T12:00:00Z" },
  },
  "/numbers/7/recording": { ...NEVER, rules: [], readable: true },
  "/numbers/7/schedule": {
    ...{ ...NEVER, schedule: null, readable: true, tell_meta: false, at_meta: null },
    ...{ is_open: true, next_opening: null },
  },
  "/numbers/7/schedule/check": { problems: [] },
  "/numbers/standing": { numbers: [] },
  "/office/departments": { departments: [] },
  "/prompts": { shipped: [], uploaded: [], speaks: false },
  "/rates": { version: 0, written_at: null, written_by: null, rates: [], csv: "" },
  "/reports": { reports: [], mail: true },
  "/retention": { shelves: [] },
  "/retention/schedule": { lines: [], more: false },
  "/transcripts/reach": { engine: true, anything: false, every_call: true, own_calls: true, departments: [] },
  "/users": { users: [{ ...ME, number_ids: null, departments: [] }] },
};

const new_: Gateway = async (path) => {
  const answer = NOTHING[path];
  return answer === undefined
    ? Response.json({ error: { code: "not_found" } }, { status: 404 })
    : Response.json(answer);
};

const languages = Object.keys(LANGUAGES) as Language[];

beforeAll(startTranslations);
afterEach(() => chooseLanguage("pt-BR"));

describe.each(ALL_PAGES.filter(({ path }) => ![...NEVER_EMPTY, ...TOLD].includes(path)))("$path", (page) => {
  it("says that there is nothing yet, what will be here, and what comes next, in every language", async () => {
    const { world } = await openPage(page, new_);
    const main = screen.getByRole("main");
    await waitFor(() => expect(main.querySelector("[data-empty]"), "no words for nothing").not.toBeNull());
    expect(within(main).queryByRole("alert"), "the gateway is well").toBeNull();
    const said = new Map<string, Language>();
    for (const language of languages) {
      await act(async () => chooseLanguage(language));
      for (const empty of main.querySelectorAll<HTMLElement>("[data-empty]")) {
        const parts = ["h2", "p", "[data-next]"].map((part) => empty.querySelector(part)?.textContent?.trim() ?? "");
        for (const [at, text] of parts.entries()) {
          expect(text, `part ${at} of ${empty.dataset.testid} in ${language}`).not.toMatch(/^$|^[a-zA-Z]+(\.\w+)+$/);
          expect(said.get(text) ?? language, `“${text}” is the same in two languages`).toBe(language);
          said.set(text, language);
        }
      }
    }
    expect(said.size).toBeGreaterThanOrEqual(3 * languages.length);
    world.phone.stop();
  });

  it("has a next step that can be pressed, or says whom to ask", async () => {
    const { world } = await openPage(page, new_);
    await waitFor(() => expect(document.querySelector("[data-empty]")).not.toBeNull());
    for (const next of document.querySelectorAll<HTMLElement>("[data-next]")) {
      const ways = [...within(next).queryAllByRole("link"), ...within(next).queryAllByRole("button")];
      expect(ways, "an administrator asks nobody").toHaveLength(1);
      const target = ways[0]?.getAttribute("href");
      if (target) expect(ALL_PAGES.some(({ path }) => path === target.replace(/\?.*/, ""))).toBe(true);
    }
    world.phone.stop();
  });
});
