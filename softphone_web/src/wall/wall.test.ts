import { describe, expect, it } from "vitest";
import { wall, wallAgent, wallCall, wallNumber, wallSaid } from "../test/walls";
import {
  CALL_STATES,
  changed,
  EVERYTHING,
  placesOf,
  readWish,
  shownAgents,
  shownCalls,
  stateOf,
  summaryOf,
  wallOf,
  writeWish,
} from "./wall";
import { rangeOf, scrollFor } from "./window";

const ids = (calls: readonly { call_id: string }[]) => calls.map((call) => call.call_id);

describe("the wall", () => {
  it("takes changes, forgets what is gone, and keeps what did not change the same", () => {
    const [one, two] = [wallCall("1"), wallCall("2")];
    const before = wall({ calls: [one, two] });
    const after = changed(before, wallSaid({ revision: 2, calls: [wallCall("3")], calls_gone: ["1"] }));
    expect([...after.calls.keys()]).toEqual(["2", "3"]);
    expect(after.calls.get("2")).toBe(two);
    expect(after.agents).toBe(before.agents);
    expect(after.revision).toBe(2);
  });

  it("knows how far this computer's clock is off", () => {
    expect(wallOf({ ...wallSaid({}), departments: null, listens_in: [] }, 990).clockOffset_s).toBe(10);
  });

  it("puts who has waited longest first, and those in a menu after them", () => {
    const calls = [
      wallCall("b", { phase: "waiting", since_unix_s: 20 }),
      wallCall("a", { phase: "waiting", since_unix_s: 10 }),
      wallCall("p", { phase: "plan", since_unix_s: 1 }),
      wallCall("u", { phase: "talking", since_unix_s: 5 }),
      wallCall("v", { phase: "talking", since_unix_s: 7 }),
    ];
    expect(ids(shownCalls(wall({ calls }), EVERYTHING).waiting)).toEqual(["a", "b", "p"]);
    expect(ids(shownCalls(wall({ calls }), EVERYTHING).up)).toEqual(["u", "v"]);
    expect(ids(shownCalls(wall({ calls }), { ...EVERYTHING, order: "newest" }).up)).toEqual(["v", "u"]);
  });

  it("numbers each line that I see whole, and no other", () => {
    const waiting = { phase: "waiting" } as const;
    const calls = [
      wallCall("a", { ...waiting, since_unix_s: 1, line_department_id: 1 }),
      wallCall("b", { ...waiting, since_unix_s: 2, line_department_id: 2 }),
      wallCall("c", { ...waiting, since_unix_s: 3, line_department_id: 1, alone: true }),
      wallCall("d", { ...waiting, since_unix_s: 4, line_department_id: 1 }),
      wallCall("e", { ...waiting, since_unix_s: 5, line_department_id: null }),
    ];
    expect(Object.fromEntries(placesOf(wall({ calls, departments: [1] })))).toEqual({ a: 1, d: 2, e: 1 });
    expect(Object.fromEntries(placesOf(wall({ calls, departments: null })))).toEqual({ a: 1, b: 1, d: 2, e: 1 });
  });

  it.each([
    [{ phase: "waiting" }, "waiting"],
    [{ phase: "waiting", given_on: true }, "transfer"],
    [{ phase: "talking", held: true }, "hold"],
    [{ phase: "talking", held: true, colleague: { name: "Bia", now: "ringing" } }, "asking"],
    [{ phase: "talking", colleague: { name: "Bia", now: "joined" } }, "three"],
    [{ phase: "reattaching" }, "reattaching"],
  ] as const)("calls %o %s", (changes, state) => {
    expect(stateOf(wallCall("1", changes))).toBe(state);
  });

  it("shows of a department what waits in it and what is its numbers'", () => {
    const calls = [
      wallCall("own", { department_id: 1, line_department_id: 1 }),
      wallCall("sent", { department_id: 2, line_department_id: 1 }),
      wallCall("other", { department_id: 2, line_department_id: 2 }),
    ];
    expect(ids(shownCalls(wall({ calls }), { ...EVERYTHING, department: 1 }).up)).toEqual(["own", "sent"]);
  });

  it("counts what the department and the number leave, whatever state is looked at", () => {
    const live = wall({
      calls: [
        wallCall("a", { phase: "waiting", since_unix_s: 30 }),
        wallCall("b", { phase: "waiting", since_unix_s: 10 }),
        wallCall("p", { phase: "plan", since_unix_s: 1 }),
        wallCall("u", {}),
      ],
      agents: [wallAgent(1, { presence: "free" }), wallAgent(2)],
    });
    const wish = { ...EVERYTHING, state: "hold" } as const;
    expect(summaryOf(live, wish)).toEqual({ waiting: 2, longest_unix_s: 10, up: 1, free: 1 });
  });

  it("puts agents who talk first and those who are away last", () => {
    const agents = [
      wallAgent(1, { presence: "offline", name: "A" }),
      wallAgent(2, { presence: "free", name: "Z" }),
      wallAgent(3, { presence: "in_call", name: "M" }),
      wallAgent(4, { presence: "free", name: "B", departments: [2] }),
    ];
    const shown = (department: number | null) =>
      shownAgents(wall({ agents }), { ...EVERYTHING, department }).map((agent) => agent.agent_id);
    expect(shown(null)).toEqual([3, 4, 2, 1]);
    expect(shown(2)).toEqual([4]);
  });
});

describe("what is asked for", () => {
  it("survives a reload, and a spoiled address asks for everything", () => {
    for (const state of CALL_STATES) {
      const wish = { department: 3, number: 12, state, order: "newest" } as const;
      expect(readWish(writeWish(wish))).toEqual(wish);
    }
    expect(writeWish(EVERYTHING)).toBe("");
    expect(readWish("department=-1&number=x&state=nowhere&order=up")).toEqual(EVERYTHING);
  });
});

describe("a long list", () => {
  const heights = { row_px: 40, opened: null };

  it("has the rows in view and a few around, and keeps its whole height", () => {
    const range = rangeOf(200, heights, 2_000, 400);
    expect(range.first).toBe(46);
    expect(range.end).toBe(64);
    expect(range.above_px + (range.end - range.first) * 40 + range.below_px).toBe(8_000);
  });

  it("counts a row that is opened", () => {
    const opened = { row_px: 40, opened: { index: 3, px: 150 } };
    for (const top_px of [0, 100, 300, 2_000, 7_800]) {
      const { first, end, above_px, below_px } = rangeOf(200, opened, top_px, 400);
      const inside = (end - first) * 40 + (first <= 3 && 3 < end ? 150 : 0);
      expect(above_px + inside + below_px).toBe(8_150);
      expect(above_px).toBeLessThanOrEqual(top_px);
      expect(above_px + inside).toBeGreaterThanOrEqual(Math.min(8_150, top_px + 400));
    }
  });

  it("scrolls no further than needed", () => {
    expect(scrollFor(5, heights, 0, 400)).toBeNull();
    expect(scrollFor(12, heights, 0, 400)).toBe(120);
    expect(scrollFor(2, heights, 400, 400)).toBe(80);
  });
});

it("numbers are found by their label", () => {
  expect(wall({ numbers: [wallNumber(1)] }).numbers.get(1)?.label).toBe("Vendas");
});
