import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage, startTranslations } from "../i18n";
import { FakeApi } from "../test/fake_api";
import { showWith } from "../test/page_world";
import type { PhoneWorld } from "../test/phone_world";
import { deskState } from "../test/states";
import { everything, wallAgent, wallCall, wallNumber, wallSaid } from "../test/walls";
import { WallPage } from "./WallPage";

beforeAll(() => {
  startTranslations();
  chooseLanguage("en");
});

const NOW_s = 1_764_000_000;

afterEach(() => vi.useRealTimers());

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW_s * 1000 });
  history.replaceState(null, "", "/wall");
  new FakeApi({
    "GET /colleagues": { agents: [], departments: [{ id: 1, name: "Comercial", free: 0, signed_in: 0 }] },
    "GET /reasons": { pause: [{ code: "lunch", label: "Siesta" }], disposition: [] },
  });
});

const me = { ...deskState().me, role: "supervisor" as const };

function open(changes: Parameters<typeof everything>[0] = {}): PhoneWorld {
  const world = showWith(<WallPage />);
  act(() => world.says({ me, server_unix_s: NOW_s }));
  act(() => world.tells("wall", everything({ server_unix_s: NOW_s, ...changes })));
  return world;
}

const rows = (table: string) => within(screen.getByTestId(table)).getAllByTestId("wall-call");

describe("the live wall", () => {
  it("is opened at the gateway, and says what it has painted", async () => {
    const world = open();
    expect(world.sent).toContain("wall.open");
    await waitFor(() => expect(world.messages).toContainEqual(["wall.seen", { revision: 1 }]));
    act(() => world.tells("wall_changed", wallSaid({ revision: 7 })));
    await waitFor(() => expect(world.messages).toContainEqual(["wall.seen", { revision: 7 }]));
  });

  it("shows a call from the line to its agent to its end", () => {
    const world = open({
      calls: [wallCall("1", { phase: "waiting", since_unix_s: NOW_s - 5, agent: null, rung_for: 3 })],
    });
    const [waiting] = rows("wall-waiting-table");
    expect(waiting?.textContent).toContain("Ana Souza");
    expect(waiting?.textContent).toContain("0:05");
    expect(waiting?.textContent).toContain("Comercial");
    expect(screen.getByTestId("wall-up").textContent).toContain("No calls now.");
    act(() => world.tells("wall_changed", wallSaid({ revision: 2, calls: [wallCall("1")] })));
    expect(rows("wall-up-table")[0]?.textContent).toContain("Bia");
    expect(screen.getByTestId("wall-waiting").textContent).toContain("Nobody waits.");
    act(() => world.tells("wall_changed", wallSaid({ revision: 3, calls_gone: ["1"] })));
    expect(screen.getByTestId("wall-up").textContent).toContain("No calls now.");
  });

  it("marks who waits past the target in words, too", () => {
    open({ calls: [wallCall("1", { phase: "waiting", since_unix_s: NOW_s - 65 })] });
    expect(within(screen.getByTestId("wall-waiting")).getByLabelText("Has waited for more than 20 s")).toBeTruthy();
    expect(screen.getByRole("status").textContent).toBe("A customer has waited for more than 20 seconds.");
  });

  it("says each state of a call, its sound, its recording and its supervisor in words", () => {
    open({
      calls: [
        wallCall("1", { held: true, recording: "on", supervisor: { agent_id: 9, name: "Sue", way: "whisper" } }),
        wallCall("2", { colleague: { name: "Carlos", now: "joined" } }),
        wallCall("3", { sound: { microphone: null, network: "poor", customer: "good" }, muted: true }),
        wallCall("4", { troubles: ["customer_silent"] }),
      ],
    });
    const up = screen.getByTestId("wall-up");
    expect(up.textContent).toContain("On hold");
    expect(up.textContent).toContain("Three: Carlos");
    expect(within(up).getByLabelText("Recording")).toBeTruthy();
    expect(within(up).getByLabelText("Sue is whispering to the agent")).toBeTruthy();
    expect(within(up).getByLabelText("Agent's network: poor. Microphone: muted. Customer: good.")).toBeTruthy();
    expect(within(up).getByLabelText("No sound from the customer.")).toBeTruthy();
  });

  it("offers four ways into a call, each with what it means for those in it", async () => {
    const world = open({ calls: [wallCall("1")] });
    await userEvent.click(screen.getByTestId("wall-supervise"));
    for (const [button, guarantee] of [
      ["wall-listen", "You hear both. Nobody hears you."],
      ["wall-whisper", "Only the agent hears you."],
      ["wall-barge_in", "Customer and agent hear you."],
      ["wall-take-over", "The call becomes yours. Bia is out of it, is told so, and is free."],
    ] as const) {
      const id = screen.getByTestId(button).getAttribute("aria-describedby") ?? "";
      expect(document.getElementById(id)?.textContent).toBe(guarantee);
      await userEvent.click(screen.getByTestId(button));
    }
    await waitFor(() =>
      expect(world.messages.filter(([name]) => name.startsWith("supervise."))).toEqual([
        ["supervise.listen", { call_id: "1" }],
        ["supervise.whisper", { call_id: "1" }],
        ["supervise.barge_in", { call_id: "1" }],
        ["supervise.take_over", { call_id: "1" }],
      ]),
    );
  });

  it.each([
    [{ department_id: 2 }, "You lack the grant"],
    [{ supervisor: { agent_id: 9, name: "Sue", way: "listen" } }, "Sue is in this call already."],
  ] as const)("says why there is no way into a call of %o", async (changes, words) => {
    open({ calls: [wallCall("1", changes)], departments: [1, 2] });
    await userEvent.click(screen.getByTestId("wall-supervise"));
    expect(screen.getByTestId("wall-why-not").textContent).toContain(words);
    expect(screen.getByTestId<HTMLButtonElement>("wall-listen").disabled).toBe(true);
  });

  it("keeps what is looked at in the address", async () => {
    open({
      calls: [
        wallCall("1", { held: true }),
        wallCall("2"),
        wallCall("3", { number_id: 2, department_id: 2, line_department_id: 2 }),
      ],
      departments: [1, 2],
      numbers: [wallNumber(1), wallNumber(2, { label: "Suporte", department_id: 2, department: "Apoio" })],
    });
    await userEvent.selectOptions(screen.getByTestId("wall-state"), "hold");
    expect(location.search).toBe("?state=hold");
    expect(rows("wall-up-table").map((row) => row.dataset.callId)).toEqual(["1"]);
    await userEvent.click(screen.getByTestId("wall-unfilter"));
    await userEvent.selectOptions(screen.getByTestId("wall-department"), "2");
    expect(location.search).toBe("?department=2");
    expect(rows("wall-up-table").map((row) => row.dataset.callId)).toEqual(["3"]);
    await userEvent.selectOptions(screen.getByTestId("wall-number-filter"), "1");
    expect(screen.getByTestId("wall-up").textContent).toContain("Nothing here fits the filters.");
  });

  it("shows agents with their state, since when, and why they pause", async () => {
    open({
      agents: [
        wallAgent(1, { presence: "paused", pause_reason: "lunch", since_unix_s: NOW_s - 61 }),
        wallAgent(2, { presence: "not_ready", missing: ["microphone"] }),
      ],
    });
    const [unready, paused] = screen.getAllByTestId("wall-agent");
    expect(unready?.textContent).toContain("microphone");
    await waitFor(() => expect(paused?.textContent).toContain("Siesta"));
    expect(paused?.textContent).toContain("1:01");
  });

  it("shows the load of numbers in figures beside the bar", () => {
    open({
      numbers: [wallNumber(1, { inbound: { used: 900, limit: 1_000 }, outbound: { used: 1_000, limit: 1_000 } })],
    });
    expect(screen.getByTestId("wall-load-inbound").textContent).toContain("900 of 1,000");
    expect(screen.getByTestId("wall-load-outbound").textContent).toContain("1,000 of 1,000");
    expect(screen.getByTestId("wall-load-outbound").dataset.strain).toBe("full");
  });

  it("says of a number what must be known at once, and of one that is fine nothing", () => {
    open({ numbers: [wallNumber(1, { alerts: ["balance_refuses", "icon_hidden"] }), wallNumber(2)] });
    const [told, ...none] = screen.getAllByTestId("wall-alerts");
    expect(none).toEqual([]);
    expect(told?.textContent).toContain("Balance below its floor: new calls are refused");
    expect(told?.textContent).toContain("Call button hidden by the pick-up guard");
  });

  it("is gone through by keyboard, and only one row is a stop of Tab", async () => {
    open({
      calls: [
        wallCall("1", { since_unix_s: 1 }),
        wallCall("2", { since_unix_s: 2 }),
        wallCall("3", { since_unix_s: 3 }),
      ],
    });
    const [first, second, third] = rows("wall-up-table");
    expect([first, second, third].map((row) => row?.tabIndex)).toEqual([0, -1, -1]);
    act(() => first?.focus());
    await userEvent.keyboard("{ArrowDown}");
    expect(document.activeElement).toBe(second);
    await userEvent.keyboard("{End}");
    expect(document.activeElement).toBe(third);
    await userEvent.tab();
    expect((document.activeElement as HTMLElement).dataset.testid).toBe("wall-supervise");
    await userEvent.keyboard("{Enter}");
    expect(screen.getByTestId("wall-listen")).toBeTruthy();
    await userEvent.keyboard("{Home}");
    expect(document.activeElement).toBe(first);
  });

  it("leaves the focus with the table when its row goes", () => {
    const world = open({ calls: [wallCall("1"), wallCall("2")] });
    act(() => rows("wall-up-table")[0]?.focus());
    act(() => world.tells("wall_changed", wallSaid({ revision: 2, calls_gone: ["1"] })));
    expect(document.activeElement?.contains(screen.getByTestId("wall-up-table"))).toBe(true);
    expect(document.activeElement).not.toBe(document.body);
  });

  it("draws only rows in view of a long list, and says how many there are", () => {
    open({ calls: Array.from({ length: 500 }, (_, number) => wallCall(`c${number}`)) });
    expect(rows("wall-up-table").length).toBeLessThan(60);
    expect(screen.getByTestId("wall-up-table").getAttribute("aria-rowcount")).toBe("501");
  });
});

describe("without the wall", () => {
  it("an agent reads which role is missing, and a supervisor without a department that one is", () => {
    const world = showWith(<WallPage />);
    world.answers.set("wall.open", { ok: false, why: "forbidden" });
    act(() => world.says({ me }));
    expect(screen.getByText("Opening the wall…")).toBeTruthy();
    act(() => world.tells("wall", everything({ departments: [] })));
    expect(screen.getByTestId("grant-missing").textContent).toContain("You have no department yet");
    act(() => world.tells("wall_closed", {}));
    expect(screen.getByTestId("grant-missing").textContent).toContain("This wall is for supervisors");
  });

  it("one can try again", async () => {
    const world = showWith(<WallPage />);
    world.answers.set("wall.open", { ok: false, why: "no_answer" });
    act(() => world.says({ me }));
    act(() => world.store.dispatch({ type: "link_down" }));
    act(() => world.store.dispatch({ type: "link_up" }));
    await userEvent.click(await screen.findByTestId("wall-trouble-retry"));
    expect(world.sent.filter((name) => name === "wall.open").length).toBeGreaterThan(2);
  });

  it("the last picture stays, marked as old, until the link is back", () => {
    const world = open({ calls: [wallCall("1")] });
    act(() => world.store.dispatch({ type: "link_down" }));
    expect(screen.getByTestId("wall-offline").textContent).toContain("No connection");
    expect(rows("wall-up-table")).toHaveLength(1);
    act(() => world.store.dispatch({ type: "link_up" }));
    expect(world.sent.filter((name) => name === "wall.open")).toHaveLength(2);
  });
});
