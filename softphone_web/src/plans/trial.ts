/** A simulated caller: what they do, in the form and as the gateway wants it, and what became of them. Pure. */
import { momentIn } from "../history/zone";
import { accountZone } from "../i18n/zone";
import { exitsOf, type Plan, type TextKind } from "./plan";

export interface Press {
  /** null: counted from the call's beginning. */
  step: string | null;
  digit: string;
  after_s: number | "";
}

export interface FreeAgent {
  agent_id: number;
  /** Of ringing; empty: lets it ring. */
  answers_after_s: number | "";
}

export interface TrialForm {
  presses: Press[];
  hangs_up_after_s: number | "";
  /** `2026-11-25T14:30`, in the browser's own zone; empty: now. */
  at: string;
  heardLately: boolean;
  agents: FreeAgent[];
}

export const EMPTY_TRIAL: TrialForm = { presses: [], hangs_up_after_s: "", at: "", heardLately: false, agents: [] };

export type MomentKind =
  | "step"
  | "rings"
  | "accepted"
  | "hears"
  | "left_out"
  | "key"
  | "answered"
  | "talking"
  | "agent_hung_up"
  | "message"
  | "callback_promised"
  | "text"
  | "customer_hung_up"
  | "rejected"
  | "ended";

export interface Moment {
  at_s: number;
  kind: MomentKind;
  step: string | null;
  prompts: string[];
  agents: number[];
  key: string | null;
  text: TextKind | null;
}

export interface Walk {
  walk: Moment[];
  outcome: string;
  ended_by: string | null;
  reason: string | null;
  is_open: boolean;
  accepted_at_s: number | null;
  ended_at_s: number;
  complete: boolean;
}

/** Where a key can mean something. */
export function stepsWithKeys(plan: Plan): string[] {
  return Object.keys(plan.steps).filter((name) => {
    const step = plan.steps[name];
    return step?.kind === "menu" || step?.kind === "offer_callback" || step?.kind === "voicemail" || hasChoices(step);
  });
}

function hasChoices(step: Plan["steps"][string] | undefined): boolean {
  return step?.kind === "queue" && exitsOf(step).length > 1;
}

/** The first key that leads somewhere from a step. */
export function usualKey(plan: Plan, name: string): string {
  const step = plan.steps[name];
  if (step?.kind === "offer_callback") return step.key;
  const choice = step === undefined ? undefined : exitsOf(step).find((exit) => exit.field.startsWith("choices."));
  return choice?.field.slice("choices.".length) ?? "#";
}

/** Sounds that are left out for who has heard them lately. */
export function heardLately(plan: Plan): string[] {
  const sounds = Object.values(plan.steps).map((step) =>
    step.kind === "announce" && step.once_in_min !== 0 ? step.prompt : null,
  );
  return [...new Set(sounds.filter((sound) => sound !== null))];
}

/** The body of `POST …/plan/try`. Rows that are not filled in, or name steps that are gone, are left out. */
export function bodyOf(form: TrialForm, plan: Plan): object {
  const keys = form.presses.filter((press) => press.step === null || Object.hasOwn(plan.steps, press.step));
  return {
    plan,
    at: form.at === "" ? null : momentIn(form.at, accountZone()).toISOString(),
    caller: {
      keys: keys.map(({ step, digit, after_s }) => ({ step, digit, after_s: after_s === "" ? 0 : after_s })),
      hangs_up_after_s: form.hangs_up_after_s === "" ? null : form.hangs_up_after_s,
      heard_lately: form.heardLately ? heardLately(plan) : [],
    },
    agents: form.agents.map(({ agent_id, answers_after_s }) => ({
      agent_id,
      departments: null,
      answers_after_s: answers_after_s === "" ? null : answers_after_s,
    })),
  };
}

/** The steps that the caller came to, in order. */
export function visited({ walk }: Walk): string[] {
  return walk.flatMap((moment) => (moment.kind === "step" && moment.step !== null ? [moment.step] : []));
}
