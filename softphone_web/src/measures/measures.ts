/** How well calls are answered: what is asked of the gateway, and what is shown of its answer. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { request } from "../session/api";

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
  mean_talk_s: number | null;
  talk_s: number;
}

export interface MeasuredLine {
  key: string | null;
  name: string | null;
  inbound: InboundMeasured;
  outbound: OutboundMeasured;
}

export interface Measures {
  since: string;
  until: string;
  level_s: number;
  lines: MeasuredLine[];
  total: MeasuredLine;
}

export const GROUPS = ["day", "hour", "number", "department", "agent"] as const;
export const SPANS_DAYS = [1, 7, 30, 90] as const;
export type Group = (typeof GROUPS)[number];

/** `days` 1 is today alone; each counts from midnight where this page is read. */
export interface Wish {
  days: (typeof SPANS_DAYS)[number];
  by: Group;
}

/** From the address of the page, so that a reload or a link shows the same. */
export function readWish(search: string): Wish {
  const given = new URLSearchParams(search);
  const days = SPANS_DAYS.find((known) => String(known) === given.get("days")) ?? 7;
  return { days, by: GROUPS.find((known) => known === given.get("by")) ?? "day" };
}

export function writeWish({ days, by }: Wish): string {
  return new URLSearchParams({ days: String(days), by }).toString();
}

export function beginning(days: number, now: Date): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1));
}

const AGAIN_MS = 30_000;

export function useMeasures({ days, by }: Wish) {
  return useQuery({
    queryKey: ["measures", days, by],
    queryFn: async () => {
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const query = new URLSearchParams({ by, since: beginning(days, new Date()).toISOString(), zone });
      return (await request("GET", `/measures?${query}`)) as Measures;
    },
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
  });
}

/** Days and hours in which nobody called are there, too; else a chart would hide them. */
export function complete(measures: Measures, by: Group, now: Date): MeasuredLine[] {
  if (by !== "day" && by !== "hour") return measures.lines;
  const found = new Map(measures.lines.map((line) => [line.key, line]));
  const keys = by === "hour" ? Array.from({ length: 24 }, (_, hour) => String(hour)) : daysUntil(measures.since, now);
  return keys.map((key) => found.get(key) ?? { key, name: null, inbound: NOBODY_CALLED, outbound: NOBODY_WAS_CALLED });
}

function daysUntil(since: string, now: Date): string[] {
  const days: string[] = [];
  for (let day = beginning(1, new Date(since)); day <= now; day = new Date(day.setDate(day.getDate() + 1))) {
    days.push(isoDay(day));
  }
  return days;
}

/** The day here, as `2026-03-04`. */
function isoDay(day: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

const NOBODY_CALLED: InboundMeasured = {
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
  mean_talk_s: null,
  talk_s: 0,
};

const NOBODY_WAS_CALLED: OutboundMeasured = {
  placed: 0,
  answered: 0,
  unanswered: 0,
  declined: 0,
  failed: 0,
  answer_rate: null,
  mean_pickup_s: null,
  mean_talk_s: null,
  talk_s: 0,
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
