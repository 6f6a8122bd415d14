/** What is looked for in the history: in the address of the page, and as the gateway is asked. Pure. */
import { beginningOf, dayIn, daysLater, isDay } from "./zone";

export const SPANS = ["1", "7", "30", "90", "all", "days"] as const;
export const OUTCOMES = ["answered", "missed", "abandoned", "declined", "failed"] as const;
export const DIRECTIONS = ["inbound", "outbound"] as const;
/** The first words of codes: whose fault it was. */
export const REASONS = ["meta", "network", "media", "capacity", "agent", "number", "gateway"] as const;

export interface Filters {
  /** The last days, all of them, or from one day to another. */
  span: (typeof SPANS)[number];
  from: string;
  to: string;
  number: string;
  department: string;
  agent: string;
  contact: string;
  direction: "" | (typeof DIRECTIONS)[number];
  outcome: "" | (typeof OUTCOMES)[number];
  reason: "" | (typeof REASONS)[number];
  disposition: string;
  recorded: "" | "true" | "false";
  protocol: string;
  words: string;
}

export const NO_FILTERS: Filters = {
  span: "30",
  from: "",
  to: "",
  number: "",
  department: "",
  agent: "",
  contact: "",
  direction: "",
  outcome: "",
  reason: "",
  disposition: "",
  recorded: "",
  protocol: "",
  words: "",
};

const ID = /^[1-9]\d{0,8}$/;

/** From the address of the page, so that a reload or a link shows the same. What makes no sense there is nothing. */
export function readFilters(search: string): Filters {
  const given = new URLSearchParams(search);
  const text = (name: keyof Filters): string => given.get(name) ?? "";
  const one = <T extends string>(name: keyof Filters, known: readonly T[]): T | "" =>
    known.find((each) => each === text(name)) ?? "";
  const fitting = (name: keyof Filters, pattern: RegExp): string => (pattern.test(text(name)) ? text(name) : "");
  const day = (name: keyof Filters): string => (isDay(text(name)) ? text(name) : "");
  return {
    span: one("span", SPANS) || NO_FILTERS.span,
    from: day("from"),
    to: day("to"),
    number: fitting("number", ID),
    department: fitting("department", ID),
    agent: fitting("agent", ID),
    contact: fitting("contact", ID),
    direction: one("direction", DIRECTIONS),
    outcome: one("outcome", OUTCOMES),
    reason: one("reason", REASONS),
    disposition: fitting("disposition", /^[a-z0-9_]{1,32}$/),
    recorded: one("recorded", ["true", "false"]),
    protocol: fitting("protocol", /^\d{10,20}$/),
    words: text("words").slice(0, 200),
  };
}

/** Only what differs from nothing; `call`: the one that is open. */
export function writeFilters(filters: Filters, call: string | null): string {
  const told = new URLSearchParams();
  for (const name of Object.keys(NO_FILTERS) as (keyof Filters)[]) {
    if (filters[name] !== NO_FILTERS[name]) told.set(name, filters[name]);
  }
  if (call !== null) told.set("call", call);
  return told.toString();
}

export function openedCall(search: string): string | null {
  const call = new URLSearchParams(search).get("call");
  return call !== null && /^[0-9a-f]{32}$/.test(call) ? call : null;
}

/** How many are given beside the period. */
export function countOf(filters: Filters): number {
  const { span: _, from: __, to: ___, ...others } = filters;
  return Object.values(others).filter((value) => value !== "").length;
}

/** The query of `GET /api/v1/calls`. Days are those of the account's zone, the last one whole. */
export function queryOf(filters: Filters, zone: string, now: Date): URLSearchParams {
  const query = new URLSearchParams();
  const today = dayIn(zone, now);
  const [first, last] =
    filters.span === "all"
      ? ["", ""]
      : filters.span === "days"
        ? ordered(filters.from, filters.to)
        : [daysLater(today, 1 - Number(filters.span)), ""];
  if (first !== "") query.set("since", beginningOf(first, zone).toISOString());
  if (last !== "") query.set("until", beginningOf(daysLater(last, 1), zone).toISOString());
  if (filters.reason !== "") query.set("reason", `${filters.reason}.`);
  const same = ["direction", "outcome", "disposition", "recorded", "protocol"] as const;
  for (const name of same) if (filters[name] !== "") query.set(name, filters[name]);
  for (const name of ["number", "department", "agent", "contact"] as const) {
    if (filters[name] !== "") query.set(`${name}_id`, filters[name]);
  }
  if (/[\p{L}\p{N}]/u.test(filters.words)) query.set("words", filters.words.trim());
  return query;
}

/** Two days that were given the wrong way round mean the same. */
function ordered(from: string, to: string): [string, string] {
  return from !== "" && to !== "" && to < from ? [to, from] : [from, to];
}
