/** The live wall as data: what the gateway said, in which order it is shown, and what of it is asked for. Pure. */
import type { Wall as Everything, WallAgent, WallCall, WallChanged, WallNumber } from "../contract/messages";

export interface Wall {
  revision: number;
  /** Gateway's clock minus this computer's. */
  clockOffset_s: number;
  /** Whose calls I am shown; null: all. */
  departments: readonly number[] | null;
  /** In whose calls I may listen and speak. */
  listensIn: readonly number[];
  calls: ReadonlyMap<string, WallCall>;
  agents: ReadonlyMap<number, WallAgent>;
  numbers: ReadonlyMap<number, WallNumber>;
}

export function wallOf(everything: Everything, now_unix_s: number): Wall {
  return {
    revision: everything.revision,
    clockOffset_s: everything.server_unix_s - now_unix_s,
    departments: everything.departments,
    listensIn: everything.listens_in,
    calls: new Map(everything.calls.map((call) => [call.call_id, call])),
    agents: new Map(everything.agents.map((agent) => [agent.agent_id, agent])),
    numbers: new Map(everything.numbers.map((number) => [number.number_id, number])),
  };
}

/** What did not change stays the very same object, so that nothing of it is drawn again. */
export function changed(wall: Wall, news: WallChanged): Wall {
  return {
    ...wall,
    revision: news.revision,
    calls: replaced(wall.calls, news.calls_gone, news.calls, (call) => call.call_id),
    agents: replaced(wall.agents, news.agents_gone, news.agents, (agent) => agent.agent_id),
    numbers: replaced(wall.numbers, news.numbers_gone, news.numbers, (number) => number.number_id),
  };
}

function replaced<K, V>(
  rows: ReadonlyMap<K, V>,
  gone: readonly K[],
  set: readonly V[],
  keyOf: (row: V) => K,
): ReadonlyMap<K, V> {
  if (gone.length === 0 && set.length === 0) return rows;
  const next = new Map(rows);
  for (const key of gone) next.delete(key);
  for (const row of set) next.set(keyOf(row), row);
  return next;
}

// ---- what a call is doing --------------------------------------------------------------------------------------------

export const CALL_STATES = [
  "waiting",
  "transfer",
  "plan",
  "answering",
  "dialing",
  "ringing",
  "talking",
  "hold",
  "asking",
  "three",
  "reattaching",
  "ending",
] as const;
export type CallState = (typeof CALL_STATES)[number];

export function stateOf(call: WallCall): CallState {
  if (call.phase === "waiting") return call.given_on ? "transfer" : "waiting";
  if (call.phase !== "talking") return call.phase;
  if (call.colleague !== null) return call.colleague.now === "joined" ? "three" : "asking";
  return call.held ? "hold" : "talking";
}

/** No agent has the customer, or is about to. */
export function waits(call: WallCall): boolean {
  return call.phase === "waiting" || call.phase === "plan";
}

/** An agent has the customer: a supervisor may come in. */
export function isUp(call: WallCall): boolean {
  return call.phase === "talking" || call.phase === "reattaching";
}

/** Calls that are nobody's in particular are for whoever may listen anywhere. The gateway decides by itself. */
export function mayListen(wall: Wall, call: WallCall): boolean {
  if (call.listened_in === null) return wall.listensIn.length > 0;
  return call.listened_in.some((department) => wall.listensIn.includes(department));
}

/** Colour begins here: as many customers are answered within it as the service level of the measures counts. */
export const WAIT_TARGET_S = 20;

// ---- what is asked for -----------------------------------------------------------------------------------------------

/** Null: all of them. It stands in the address, and survives a reload. */
export interface Wish {
  department: number | null;
  number: number | null;
  state: CallState | null;
  /** Of calls that are up; those that wait longest are always first. */
  order: "longest" | "newest";
}

export function readWish(search: string): Wish {
  const params = new URLSearchParams(search);
  const state = params.get("state");
  return {
    department: idIn(params.get("department")),
    number: idIn(params.get("number")),
    state: CALL_STATES.find((known) => known === state) ?? null,
    order: params.get("order") === "newest" ? "newest" : "longest",
  };
}

function idIn(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
}

export function writeWish({ department, number, state, order }: Wish): string {
  const params = new URLSearchParams();
  if (department !== null) params.set("department", String(department));
  if (number !== null) params.set("number", String(number));
  if (state !== null) params.set("state", state);
  if (order !== "longest") params.set("order", order);
  return params.toString();
}

export function isFiltered({ department, number, state }: Wish): boolean {
  return department !== null || number !== null || state !== null;
}

function fits(wish: Wish, call: WallCall): boolean {
  const { department, number, state } = wish;
  if (department !== null && call.department_id !== department && call.line_department_id !== department) return false;
  if (number !== null && call.number_id !== number) return false;
  return state === null || stateOf(call) === state;
}

// ---- what is shown ---------------------------------------------------------------------------------------------------

export interface Shown {
  /** Who has waited longest first; those whom a number's plan still speaks to come after them. */
  waiting: WallCall[];
  /** Calls that agents have. */
  up: WallCall[];
}

export function shownCalls(wall: Wall, wish: Wish): Shown {
  const all = [...wall.calls.values()].filter((call) => fits(wish, call));
  const byTime = (a: WallCall, b: WallCall) => a.since_unix_s - b.since_unix_s || (a.call_id < b.call_id ? -1 : 1);
  const inPlan = (call: WallCall) => Number(call.phase === "plan");
  const up = all.filter((call) => !waits(call)).toSorted(byTime);
  return {
    waiting: all.filter(waits).toSorted((a, b) => inPlan(a) - inPlan(b) || byTime(a, b)),
    up: wish.order === "newest" ? up.toReversed() : up,
  };
}

/**
 * Who is next in each line, 1 first, by call. A line that I do not see whole has no places: who waits in another
 * department before a call of mine is not my business. Nor has a call a place that waits for one agent alone.
 */
export function placesOf(wall: Wall): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const inLine = new Map<number | null, number>();
  for (const call of shownCalls(wall, EVERYTHING).waiting) {
    if (call.phase !== "waiting" || call.alone) continue;
    const line = call.line_department_id;
    if (line !== null && wall.departments !== null && !wall.departments.includes(line)) continue;
    const place = (inLine.get(line) ?? 0) + 1;
    inLine.set(line, place);
    places.set(call.call_id, place);
  }
  return places;
}

export const EVERYTHING: Wish = { department: null, number: null, state: null, order: "longest" };

/** Who can be expected to do something comes first. */
const PRESENCES: readonly WallAgent["presence"][] = [
  "in_call",
  "claiming",
  "free",
  "wrap_up",
  "not_ready",
  "unreachable",
  "paused",
  "offline",
];

export function shownAgents(wall: Wall, { department }: Wish): WallAgent[] {
  const rank = ({ presence }: WallAgent) => PRESENCES.indexOf(presence);
  return [...wall.agents.values()]
    .filter((agent) => department === null || agent.departments.includes(department))
    .toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name) || a.agent_id - b.agent_id);
}

export function shownNumbers(wall: Wall, { department, number }: Wish): WallNumber[] {
  return [...wall.numbers.values()]
    .filter((one) => department === null || one.department_id === department)
    .filter((one) => number === null || one.number_id === number)
    .toSorted((a, b) => a.label.localeCompare(b.label) || a.number_id - b.number_id);
}

export interface Summary {
  waiting: number;
  /** Since when who has waited longest waits; null: nobody does. */
  longest_unix_s: number | null;
  up: number;
  free: number;
}

/** Of what the department and the number leave. */
export function summaryOf(wall: Wall, wish: Wish): Summary {
  const { waiting, up } = shownCalls(wall, { ...wish, state: null });
  const queued = waiting.filter((call) => call.phase === "waiting");
  return {
    waiting: queued.length,
    longest_unix_s: queued[0]?.since_unix_s ?? null,
    up: up.length,
    free: shownAgents(wall, wish).filter(({ presence }) => presence === "free").length,
  };
}
