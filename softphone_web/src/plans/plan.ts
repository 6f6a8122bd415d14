/** A number's plan as the gateway keeps it (`signaling/plan.py`), and what the editor must know of it: which steps
 * follow one, which may be led elsewhere, and what a new one looks like. Pure. */

/** A number that is being typed may be empty for a while; the gateway then says so beside the field. */
export type Amount = number | "";
export type RingOrder = "all" | "longest_idle" | "rotation";
export type HangUpReason = "nobody_answered" | "closed" | "callback_promised" | "voicemail_left" | "good_bye";

export interface Ring {
  kind: "ring";
  then: string;
  for_s: Amount;
  /** null: the number's. */
  department: number | null;
  /** To nobody else; null: to the department. */
  agent: number | null;
  order: RingOrder;
  turn_s: Amount;
  sticky_s: Amount;
}

export interface Announce {
  kind: "announce";
  then: string;
  prompt: string;
  once_in_min: Amount;
}

export interface Menu {
  kind: "menu";
  prompt: string;
  choices: Record<string, string>;
  otherwise: string;
  wait_s: Amount;
  times: Amount;
}

export interface Queue {
  kind: "queue";
  then: string;
  longest_s: Amount;
  department: number | null;
  order: RingOrder;
  turn_s: Amount;
  music: string;
  position_every_s: Amount;
  choices: Record<string, string> | null;
}

export interface OfferCallback {
  kind: "offer_callback";
  prompt: string;
  accepted: string;
  otherwise: string;
  key: string;
  wait_s: Amount;
}

export interface Voicemail {
  kind: "voicemail";
  then: string;
  prompt: string;
  longest_s: Amount;
}

export interface HangUp {
  kind: "hang_up";
  reason: HangUpReason;
  farewell: string | null;
}

export type Step = Ring | Announce | Menu | Queue | OfferCallback | Voicemail | HangUp;
export type Kind = Step["kind"];

export interface Plan {
  start: string;
  steps: Record<string, Step>;
  closed: string | null;
  goodbye: string | null;
  language: string;
  /** Heard by a customer who is given on; null: Ramal's own words. */
  transfer_prompt: string | null;
  texts: Texts;
}

/** What other systems send into the chat, by language (`signaling/texts.py`). A language without words is left out. */
export interface Texts extends Record<TextKind, Record<string, string>> {
  /** Not again to the same customer within so many minutes; 0: with every call. */
  once_in_min: Amount;
}

export const TEXT_KINDS = ["greeting", "transfer", "out_of_hours"] as const;
export type TextKind = (typeof TEXT_KINDS)[number];
/** In characters. */
export const TEXT_LIMIT = 1_024;
export const NO_TEXTS: Texts = { greeting: {}, transfer: {}, out_of_hours: {}, once_in_min: 0 };

export const KINDS: readonly Kind[] = ["ring", "announce", "menu", "queue", "offer_callback", "voicemail", "hang_up"];
export const KEYS: readonly string[] = [..."1234567890*#"];
export const ORDERS: readonly RingOrder[] = ["all", "longest_idle", "rotation"];
export const REASONS: readonly HangUpReason[] = [
  "nobody_answered",
  "closed",
  "callback_promised",
  "voicemail_left",
  "good_bye",
];
/** In which the sounds that come with Ramal are spoken. */
export const SPOKEN: readonly string[] = ["pt-BR", "en", "es"];

/** The three places where a call may come into a plan. */
export const ENTRANCES = ["start", "closed", "goodbye"] as const;
export type Entrance = (typeof ENTRANCES)[number];

/** A way out of a step: the field that holds it, as the gateway names it, and where it leads. */
export interface Exit {
  field: string;
  to: string;
}

/** What follows by itself comes last, as on paper: "1 …, 2 …, otherwise …". */
export function exitsOf(step: Step): Exit[] {
  const choices = (of: Record<string, string> | null): Exit[] =>
    KEYS.filter((key) => of !== null && Object.hasOwn(of, key)).map((key) => ({
      field: `choices.${key}`,
      to: of?.[key] ?? "",
    }));
  switch (step.kind) {
    case "ring":
    case "announce":
    case "voicemail":
      return [{ field: "then", to: step.then }];
    case "queue":
      return [...choices(step.choices), { field: "then", to: step.then }];
    case "menu":
      return [...choices(step.choices), { field: "otherwise", to: step.otherwise }];
    case "offer_callback":
      return [
        { field: "accepted", to: step.accepted },
        { field: "otherwise", to: step.otherwise },
      ];
    case "hang_up":
      return [];
  }
}

/** What follows when the customer presses nothing. */
export function byItself(step: Step): string | null {
  return exitsOf(step).at(-1)?.to ?? null;
}

/** The step with one of its ways out led elsewhere. A field that it does not have changes nothing. */
export function led(step: Step, field: string, to: string): Step {
  const key = field.startsWith("choices.") ? field.slice("choices.".length) : null;
  if (key !== null && (step.kind === "menu" || step.kind === "queue")) {
    return { ...step, choices: { ...step.choices, [key]: to } };
  }
  return Object.hasOwn(step, field) && exitsOf(step).some((exit) => exit.field === field)
    ? { ...step, [field]: to }
    : step;
}

/** Everything that led to `from` now leads to `to`. */
export function relinked(step: Step, from: string, to: string): Step {
  return exitsOf(step)
    .filter((exit) => exit.to === from)
    .reduce((changed, exit) => led(changed, exit.field, to), step);
}

/** A step as it is offered first, led to `next` wherever it leads. */
export function newStep(kind: Kind, next: string): Step {
  switch (kind) {
    case "ring":
      return { kind, then: next, for_s: 20, department: null, agent: null, order: "all", turn_s: 10, sticky_s: 0 };
    case "announce":
      return { kind, then: next, prompt: "greeting", once_in_min: 0 };
    case "menu":
      return { kind, prompt: "menu_default", choices: { "1": next }, otherwise: next, wait_s: 5, times: 2 };
    case "queue":
      return {
        kind,
        then: next,
        longest_s: 300,
        department: null,
        order: "all",
        turn_s: 10,
        music: "queue_music",
        position_every_s: 30,
        choices: null,
      };
    case "offer_callback":
      return { kind, prompt: "callback_offer", accepted: next, otherwise: next, key: "1", wait_s: 5 };
    case "voicemail":
      return { kind, then: next, prompt: "voicemail", longest_s: 120 };
    case "hang_up":
      return { kind, reason: "nobody_answered", farewell: null };
  }
}

/** A name for a new step that no other has: `menu`, `menu-2` … */
export function freeName(plan: Plan, kind: Kind): string {
  const stem = kind === "offer_callback" ? "callback" : kind === "hang_up" ? "end" : kind;
  for (let n = 1; ; n++) {
    const name = n === 1 ? stem : `${stem}-${n}`;
    if (!Object.hasOwn(plan.steps, name)) return name;
  }
}

/** The steps in the order in which a caller may come to them; those that nobody comes to last. */
export function inOrder(plan: Plan): string[] {
  const seen = new Set<string>();
  for (const entrance of ENTRANCES) {
    const ahead = [plan[entrance]];
    while (ahead.length > 0) {
      const name = ahead.shift();
      const step = name === null || name === undefined ? undefined : plan.steps[name];
      if (step === undefined || typeof name !== "string" || seen.has(name)) continue;
      seen.add(name);
      ahead.unshift(...exitsOf(step).map((exit) => exit.to));
    }
  }
  return [...seen, ...Object.keys(plan.steps).filter((name) => !seen.has(name))];
}

export function samePlan(one: Plan, other: Plan): boolean {
  return same(one, other);
}

/** Whether two JSON values are the same, whatever the order of their keys. */
export function same(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  const keys = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && same(Reflect.get(one, key), Reflect.get(other, key)))
  );
}

/** What distinguishes a plan from the one before: step names, and entrances or the language. */
export interface Changes {
  added: string[];
  removed: string[];
  changed: string[];
  whole: (Entrance | "language" | "transfer_prompt" | "texts")[];
}

export function changesBetween(before: Plan, after: Plan): Changes {
  const common = Object.keys(after.steps).filter((name) => Object.hasOwn(before.steps, name));
  return {
    added: Object.keys(after.steps).filter((name) => !Object.hasOwn(before.steps, name)),
    removed: Object.keys(before.steps).filter((name) => !Object.hasOwn(after.steps, name)),
    changed: common.filter((name) => !same(before.steps[name], after.steps[name])),
    whole: [...ENTRANCES, "language" as const, "transfer_prompt" as const, "texts" as const].filter(
      (field) => !same(before[field], after[field]),
    ),
  };
}
