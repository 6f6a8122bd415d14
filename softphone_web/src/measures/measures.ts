/** How well calls are answered: what is asked of the gateway, and what is shown of its answer. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { beginningOf, dayIn, daysLater } from "../history/zone";
import { request } from "../session/api";

export const VIEWS = ["calls", "permissions", "quality", "costs"] as const;
export type View = (typeof VIEWS)[number];
export const GROUPS = ["day", "hour", "number", "department", "agent"] as const;
export type Group = (typeof GROUPS)[number];
export const SPANS_DAYS = [1, 7, 30, 90] as const;

/** `days` 1 is today alone; each counts from midnight of the account's zone. `number`, `department`, `agent`: ids, empty:
 * all. */
export interface Wish {
  view: View;
  days: (typeof SPANS_DAYS)[number];
  by: Group;
  number: string;
  department: string;
  agent: string;
}

/** A line of any of these tables. `key`: an id, a day, an hour; null: none. */
export interface Line {
  key: string | null;
  name: string | null;
}

/** What every answer says. `zone`: whose days and hours they are. */
export interface Answer<L extends Line> {
  since: string;
  zone: string;
  lines: L[];
}

export interface InboundMeasured {
  offered: number;
  answered: number;
  answered_in_time: number;
  missed: number;
  abandoned: number;
  refused: number;
  failed: number;
  answer_rate: number | null;
  service_level: number | null;
  abandonment_rate: number | null;
  pickup_rate: number | null;
  mean_answer_s: number | null;
  longest_answer_s: number;
  talked: number;
  mean_talk_s: number | null;
  talk_s: number;
}

export interface OutboundMeasured {
  placed: number;
  answered: number;
  unanswered: number;
  declined: number;
  failed: number;
  answer_rate: number | null;
  mean_pickup_s: number | null;
  talked: number;
  mean_talk_s: number | null;
  talk_s: number;
}

export interface WorkMeasured {
  held_calls: number;
  holds: number;
  held_s: number;
  mean_held_s: number | null;
  wrap_ups: number;
  wrap_up_s: number;
  mean_wrap_up_s: number | null;
}

export interface MeasuredLine extends Line {
  inbound: InboundMeasured;
  outbound: OutboundMeasured;
  work: WorkMeasured;
}

export interface Measures extends Answer<MeasuredLine> {
  level_s: number;
  total: MeasuredLine;
}

/** From the address of the page, so that a reload or a link shows the same. */
export function readWish(search: string): Wish {
  const given = new URLSearchParams(search);
  const view = VIEWS.find((known) => known === given.get("view")) ?? "calls";
  const by = GROUPS.find((known) => known === given.get("by")) ?? "day";
  const days = SPANS_DAYS.find((known) => String(known) === given.get("days")) ?? 7;
  const id = (name: string): string => (/^[1-9]\d{0,8}$/.test(given.get(name) ?? "") ? (given.get(name) ?? "") : "");
  return { view, days, by, number: id("number"), department: id("department"), agent: id("agent") };
}

export function writeWish({ view, days, by, number, department, agent }: Wish): string {
  return new URLSearchParams({
    ...(view === "calls" ? {} : { view }),
    ...{ days: String(days), by },
    ...(number === "" ? {} : { number }),
    ...(department === "" ? {} : { department }),
    ...(agent === "" ? {} : { agent }),
  }).toString();
}

/** The moment at which the span begins. */
export function beginning(days: number, zone: string, now: Date): Date {
  return beginningOf(daysLater(dayIn(zone, now), 1 - days), zone);
}

const AGAIN_MS = 30_000;
const PATHS: Record<View, string> = {
  calls: "/measures",
  permissions: "/measures/permissions",
  quality: "/measures/quality",
  costs: "/measures/costs",
};

export function useMeasured<A>(wish: Wish, zone: string) {
  const { view, days, by, number, department, agent } = wish;
  return useQuery({
    queryKey: ["measures", view, days, by, number, department, agent, zone],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({
        ...{ by, since: beginning(days, zone, new Date()).toISOString(), zone },
        ...(number === "" ? {} : { number_id: number }),
        ...(department === "" ? {} : { department_id: department }),
        ...(agent === "" ? {} : { agent_id: agent }),
      });
      return (await request("GET", `${PATHS[view]}?${query}`, undefined, signal)) as A;
    },
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
  });
}

/** `works`: they may sign in; others have measures of before. */
export interface MeasuredAgent {
  id: number;
  name: string;
  works: boolean;
}

const KEPT_MS = 60_000;

/** Whose measures the reader may ask for. */
export function useMeasuredAgents() {
  return useQuery({
    queryKey: ["measures", "agents"],
    queryFn: async ({ signal }) => {
      const told = (await request("GET", "/measures/agents", undefined, signal)) as { agents: MeasuredAgent[] };
      return told.agents;
    },
    staleTime: KEPT_MS,
  });
}

/** Days and hours in which nothing happened are there, too; else a chart would hide them. */
export function complete<L extends Line>(
  answer: Answer<L>,
  by: Group,
  now: Date,
  nothing: Omit<L, "key" | "name">,
): L[] {
  if (by !== "day" && by !== "hour") return answer.lines;
  const found = new Map(answer.lines.map((line) => [line.key, line]));
  const keys =
    by === "hour" ? Array.from({ length: 24 }, (_, hour) => String(hour)) : daysUntil(answer.since, answer.zone, now);
  return keys.map((key) => found.get(key) ?? ({ key, name: null, ...nothing } as L));
}

function daysUntil(since: string, zone: string, now: Date): string[] {
  const days: string[] = [];
  const last = dayIn(zone, now);
  for (let day = dayIn(zone, new Date(since)); day <= last; day = daysLater(day, 1)) days.push(day);
  return days;
}

export const NOBODY_CALLED: Omit<MeasuredLine, "key" | "name"> = {
  inbound: {
    offered: 0,
    answered: 0,
    answered_in_time: 0,
    missed: 0,
    abandoned: 0,
    refused: 0,
    failed: 0,
    answer_rate: null,
    service_level: null,
    abandonment_rate: null,
    pickup_rate: null,
    mean_answer_s: null,
    longest_answer_s: 0,
    talked: 0,
    mean_talk_s: null,
    talk_s: 0,
  },
  outbound: {
    placed: 0,
    answered: 0,
    unanswered: 0,
    declined: 0,
    failed: 0,
    answer_rate: null,
    mean_pickup_s: null,
    talked: 0,
    mean_talk_s: null,
    talk_s: 0,
  },
  work: {
    held_calls: 0,
    holds: 0,
    held_s: 0,
    mean_held_s: null,
    wrap_ups: 0,
    wrap_up_s: 0,
    mean_wrap_up_s: null,
  },
};

/** A spreadsheet's table, RFC 4180. `heads`: the words over the columns, in order. */
export function asCsv(heads: string[], rows: (string | number | null)[][]): string {
  return [heads, ...rows].map((row) => row.map(field).join(",")).join("\r\n");
}

function field(value: string | number | null): string {
  if (typeof value === "number") return String(value);
  const text = value ?? "";
  // A spreadsheet would run what looks like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands a text to the browser as a file. The mark at its beginning tells spreadsheets that it is UTF-8. */
export function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
