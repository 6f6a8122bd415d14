/** A number's hours as they are typed, and as the gateway keeps them (`signaling/schedule.py`). Pure. */
import { same } from "../plans/plan";

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];
/** The gateway's limit; Meta takes two. */
export const MOST_SPANS = 12;
const MINUTES_A_DAY = 1_440;

/** Minutes after midnight. */
export interface Span {
  opens_min: number;
  closes_min: number;
}

export interface Schedule {
  zone: string;
  weekly: Span[][];
  special_days: { on: string; spans: Span[]; name: string }[];
}

/** `08:00`, as a time field has it; empty: not filled in. `00:00` as an end is the end of the day. */
export interface TypedSpan {
  opens: string;
  closes: string;
}

export interface TypedDay {
  on: string;
  name: string;
  spans: TypedSpan[];
}

export interface Draft {
  always: boolean;
  zone: string;
  weekly: TypedSpan[][];
  special: TypedDay[];
  tell: boolean;
}

export interface Problem {
  field: string;
  code: string;
}

const OFFICE: TypedSpan = { opens: "09:00", closes: "18:00" };

export function draftOf(schedule: Schedule | null, tell: boolean, zone: string): Draft {
  if (schedule === null) {
    const weekly = WEEKDAYS.map((_, day) => (day < 5 ? [OFFICE] : []));
    return { always: true, zone, weekly, special: [], tell };
  }
  return {
    always: false,
    zone: schedule.zone,
    weekly: schedule.weekly.map((spans) => spans.map(typed)),
    special: schedule.special_days.map(({ on, name, spans }) => ({ on, name, spans: spans.map(typed) })),
    tell,
  };
}

/** What is not filled in yet; empty: it can be sent. Places as the gateway names them. */
export function gapsOf(draft: Draft): Problem[] {
  if (draft.always) return [];
  const open = (spans: TypedSpan[]) => spans.some(({ opens, closes }) => opens === "" || closes === "");
  return [
    ...WEEKDAYS.filter((_, day) => open(draft.weekly[day] ?? [])).map((name) => gap(`weekly.${name}`)),
    ...draft.special.flatMap(({ on, spans }) => (on === "" || open(spans) ? [gap(placeOf(on))] : [])),
  ];
}

function gap(field: string): Problem {
  return { field, code: "missing" };
}

export function placeOf(on: string): string {
  return `special_days.${on}`;
}

/** null: open at all hours. Ask `gapsOf` first. */
export function scheduleOf(draft: Draft): Schedule | null {
  if (draft.always) return null;
  return {
    zone: draft.zone,
    weekly: draft.weekly.map((spans) => spans.map(counted)),
    special_days: draft.special.map(({ on, name, spans }) => ({ on, spans: spans.map(counted), name: name.trim() })),
  };
}

function typed({ opens_min, closes_min }: Span): TypedSpan {
  return { opens: clock(opens_min), closes: clock(closes_min) };
}

function counted({ opens, closes }: TypedSpan): Span {
  const closes_min = minutes(closes);
  return { opens_min: minutes(opens), closes_min: closes_min === 0 ? MINUTES_A_DAY : closes_min };
}

function clock(minute: number): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}`;
}

function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(":").map(Number);
  return hours * 60 + rest;
}

/** A span that may follow those of a day: after a break of an hour, if there is room. */
export function nextSpan(spans: readonly TypedSpan[]): TypedSpan {
  const last = spans.at(-1);
  if (last === undefined) return OFFICE;
  const opens = Math.min((minutes(last.closes) || MINUTES_A_DAY) + 60, MINUTES_A_DAY - 60);
  return { opens: clock(opens), closes: clock(Math.min(opens + 240, MINUTES_A_DAY)) };
}

/** What differs from what is saved: `always`, `zone`, days by name, `special`, `tell`. */
export function changesOf(before: Draft, after: Draft): string[] {
  if (before.always !== after.always || after.always) {
    return [...(before.always === after.always ? [] : ["always"]), ...(before.tell === after.tell ? [] : ["tell"])];
  }
  return [
    ...(before.zone === after.zone ? [] : ["zone"]),
    ...WEEKDAYS.filter((_, day) => !same(before.weekly[day], after.weekly[day])),
    ...(same(before.special, after.special) ? [] : ["special"]),
    ...(before.tell === after.tell ? [] : ["tell"]),
  ];
}

/** All zones that this browser knows, those of Brazil first. */
export function zones(chosen: string): string[] {
  const known = Intl.supportedValuesOf("timeZone");
  const brazil = ["America/Sao_Paulo", "America/Manaus", "America/Cuiaba", "America/Rio_Branco", "America/Noronha"];
  return [...new Set([...brazil, chosen, ...known])];
}
