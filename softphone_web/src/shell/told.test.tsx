/** What is told by Socket.IO rather than asked for by REST: the wall, and the phone itself. Each while the gateway is
 * slow, says no, or is not there, and while there is nothing yet. */
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DeskState, Me } from "../contract/messages";
import { chooseLanguage, LANGUAGES, type Language, startTranslations } from "../i18n";
import { PhonePanel } from "../phone/view/PhonePanel";
import { signsOfWaiting } from "../test/any_page";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { everything, wallAgent } from "../test/walls";
import { WallPage } from "../wall/WallPage";

const languages = Object.keys(LANGUAGES) as Language[];
const NOBODY_YET: Partial<DeskState> = { phone: "nowhere", availability: "offline", presence: "offline" };

let world: PhoneWorld;

beforeAll(startTranslations);
beforeEach(() => {
  chooseLanguage("pt-BR");
  new FakeApi({
    "GET /colleagues": { agents: [], departments: [] },
    "GET /reasons": { pause: [], disposition: [] },
  });
});
afterEach(() => world.phone.stop());

async function says(changes: Partial<DeskState>): Promise<void> {
  await act(async () => world.says(changes));
}

async function link(type: "link_up" | "link_down"): Promise<void> {
  await act(async () => world.store.dispatch({ type }));
}

/** Title, what will be here, and what comes next, in each language; nothing is the same in two of them. */
async function saidInEveryLanguage(testid: string): Promise<void> {
  const said = new Set<string>();
  for (const language of languages) {
    await act(async () => chooseLanguage(language));
    const empty = screen.getByTestId(testid);
    for (const part of ["h2, h3", "p", "[data-next]"]) {
      const text = empty.querySelector(part)?.textContent?.trim() ?? "";
      expect(text, `${part} of ${testid} in ${language}`).not.toMatch(/^$|^[a-zA-Z]+(\.\w+)+$/);
      said.add(text);
    }
  }
  expect(said.size).toBe(3 * languages.length);
}

describe("the wall", () => {
  const boss: Me = { agent_id: 1, name: "Rosa", role: "supervisor" };

  it("shows that it waits while the gateway says nothing, and while the link is not there yet", async () => {
    world = showWith(<WallPage />);
    await says({ me: boss });
    await link("link_down");
    expect(signsOfWaiting(screen.getByTestId("wall"))).toBeGreaterThan(0);
    await link("link_up");
    expect(world.sent.filter((name) => name === "wall.open").length).toBeGreaterThan(0);
    expect(signsOfWaiting(screen.getByTestId("wall"))).toBeGreaterThan(0);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it.each(["no_answer", "unavailable"] as const)("says so when the answer is %s, and tries again", async (why) => {
    world = showWith(<WallPage />);
    world.answers.set("wall.open", { ok: false, why: why as "no_answer" });
    await says({ me: boss });
    await link("link_down");
    await link("link_up");
    const before = world.sent.length;
    world.answers.delete("wall.open");
    await userEvent.click(within(await screen.findByRole("alert")).getByRole("button"));
    await waitFor(() => expect(world.sent.slice(before)).toContain("wall.open"));
    await act(async () => world.tells("wall", everything({ agents: [wallAgent(2)] })));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByTestId("wall-agents")).toBeTruthy();
  });

  it("before anybody has signed in or called says so, and how that begins", async () => {
    world = showWith(<WallPage />);
    await says({ me: boss });
    await act(async () => world.tells("wall", everything()));
    await saidInEveryLanguage("wall-quiet");
    expect(within(screen.getByTestId("wall-quiet")).queryByRole("link"), "supervisors hire nobody").toBeNull();
    await says({ me: { ...boss, role: "administrator" } });
    expect(within(screen.getByTestId("wall-quiet")).getByRole("link").getAttribute("href")).toBe("/people");
    await act(async () => world.tells("wall", everything({ agents: [wallAgent(2)] })));
    expect(screen.queryByTestId("wall-quiet")).toBeNull();
    expect(screen.getByTestId("wall-waiting").textContent).not.toBe("");
  });
});

describe("the phone", () => {
  /** The place where rings are announced is always there, and says nothing while nothing rings. */
  const alerts = () => screen.queryAllByRole("alert").flatMap(({ textContent }) => textContent || []);

  it("shows that it waits for the gateway's first word, and offers nothing before", async () => {
    world = showWith(<PhonePanel />);
    expect(screen.getByTestId("presence").textContent).toBe("Conectando…");
    expect(screen.queryByTestId("ready-button")).toBeNull();
    expect(alerts()).toEqual([]);
    await says(NOBODY_YET);
    expect(screen.getByTestId("ready-button")).toBeTruthy();
  });

  it("says so when the gateway refuses, and can be asked again", async () => {
    world = showWith(<PhonePanel />);
    await says(NOBODY_YET);
    world.answers.set("availability.set", { ok: false, why: "no_answer" });
    world.answers.set("seat.offer", { ok: false, why: "no_answer" });
    await userEvent.click(screen.getByTestId("ready-button"));
    expect((await screen.findByTestId("refused-note")).closest("[role=alert]")).not.toBeNull();
    const before = world.sent.length;
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("ready-button").disabled).toBe(false));
    await userEvent.click(screen.getByTestId("ready-button"));
    await waitFor(() => expect(world.sent.length).toBeGreaterThan(before));
  });

  it("says so while the gateway is not there, and by itself that it is back", async () => {
    world = showWith(<PhonePanel />);
    await says({ last_call: null });
    await link("link_down");
    expect(alerts().join()).toContain("Sem conexão");
    expect(screen.queryByTestId("idle"), "nothing can ring").toBeNull();
    await link("link_up");
    await says({});
    expect(alerts()).toEqual([]);
    expect(screen.getByTestId("presence").textContent).toBe("Disponível");
  });

  it.each([
    ["offline", NOBODY_YET],
    ["in a break", { availability: "paused", presence: "paused" }],
    ["free", {}],
  ] satisfies [string, Partial<DeskState>][])(
    "before the first call, %s, says what will ring here and what it takes",
    async (_, state) => {
      world = showWith(<PhonePanel />);
      await says(state);
      await saidInEveryLanguage("idle");
    },
  );
});
