/** What the form of each kind of step asks for: names of fields as the gateway has them (`signaling/plan.py`), their
 * units, and the limits that the gateway holds them to. Data. */
import type { Amount, Kind, Step } from "./plan";

export interface AmountField {
  as: "amount";
  name: "for_s" | "turn_s" | "sticky_s" | "once_in_min" | "wait_s" | "times" | "longest_s" | "position_every_s";
  unit: "s" | "min" | "times";
  least: number;
  most: number;
  /** 0 is allowed, too, and means: never. */
  orNever?: true;
}

export type Field =
  | AmountField
  | { as: "sound"; name: "prompt" | "music" }
  | { as: "farewell"; name: "farewell" }
  | { as: "department"; name: "department" }
  | { as: "agent"; name: "agent" }
  | { as: "order"; name: "order" }
  | { as: "reason"; name: "reason" }
  | { as: "key"; name: "key" }
  | { as: "choices"; name: "choices" }
  | { as: "exit"; name: "then" | "otherwise" | "accepted" };

export const LONGEST_ONCE_MIN = 10_080;

const PROMPT = { as: "sound", name: "prompt" } as const;
const DEPARTMENT = { as: "department", name: "department" } as const;
const ORDER = { as: "order", name: "order" } as const;
const TURN = { as: "amount", name: "turn_s", unit: "s", least: 3, most: 600 } as const;
const WAIT = { as: "amount", name: "wait_s", unit: "s", least: 1, most: 30 } as const;
const CHOICES = { as: "choices", name: "choices" } as const;
const THEN = { as: "exit", name: "then" } as const;
const OTHERWISE = { as: "exit", name: "otherwise" } as const;

export const FIELDS: Readonly<Record<Kind, readonly Field[]>> = {
  ring: [
    DEPARTMENT,
    { as: "agent", name: "agent" },
    ORDER,
    TURN,
    { as: "amount", name: "for_s", unit: "s", least: 1, most: 600 },
    { as: "amount", name: "sticky_s", unit: "s", least: 0, most: 600 },
    THEN,
  ],
  announce: [PROMPT, { as: "amount", name: "once_in_min", unit: "min", least: 0, most: LONGEST_ONCE_MIN }, THEN],
  menu: [PROMPT, CHOICES, WAIT, { as: "amount", name: "times", unit: "times", least: 1, most: 5 }, OTHERWISE],
  queue: [
    DEPARTMENT,
    ORDER,
    TURN,
    { as: "sound", name: "music" },
    { as: "amount", name: "position_every_s", unit: "s", least: 10, most: 3_600, orNever: true },
    CHOICES,
    { as: "amount", name: "longest_s", unit: "s", least: 5, most: 3_600 },
    THEN,
  ],
  offer_callback: [PROMPT, { as: "key", name: "key" }, WAIT, { as: "exit", name: "accepted" }, OTHERWISE],
  voicemail: [PROMPT, { as: "amount", name: "longest_s", unit: "s", least: 5, most: 300 }, THEN],
  hang_up: [
    { as: "reason", name: "reason" },
    { as: "farewell", name: "farewell" },
  ],
};

/** Fields that mean nothing as the step stands: turns when everybody rings, a department when one agent is meant. */
export function fieldsOf(step: Step): readonly Field[] {
  return FIELDS[step.kind].filter(({ name }) => {
    const oneAgent = step.kind === "ring" && step.agent !== null;
    if (name === "turn_s") return "order" in step && step.order !== "all" && !oneAgent;
    return !(oneAgent && (name === "department" || name === "order" || name === "sticky_s"));
  });
}

/** What a number field says, as a plan has it. Nothing, or something that is no number, is empty. */
export function readAmount(typed: string | number): Amount {
  if (typeof typed === "number") return Number.isFinite(typed) ? typed : "";
  const text = typed.trim();
  return text === "" || !Number.isFinite(Number(text)) ? "" : Number(text);
}

export function fieldValue(step: Step, name: string): unknown {
  return Object.hasOwn(step, name) ? Reflect.get(step, name) : undefined;
}

/** The step with one field changed. */
export function withValue(step: Step, name: Field["name"], value: unknown): Step {
  return Object.hasOwn(step, name) ? ({ ...step, [name]: value } as Step) : step;
}
