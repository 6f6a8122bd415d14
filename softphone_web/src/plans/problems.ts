/** What the gateway finds wrong with a plan, and beside what it is said. Pure. */
import { FIELDS } from "./fields";
import { exitsOf, type Plan } from "./plan";

/** `step` null: the plan as a whole; `field` empty: the step as a whole. */
export interface Problem {
  step: string | null;
  field: string;
  code: string;
}

export const CODES = [
  "unknown_language",
  "too_many_steps",
  "unknown_step",
  "unknown_agent",
  "unreachable",
  "no_end",
  "bad_name",
  "unknown_prompt",
  "unknown_department",
  "out_of_range",
  "no_key",
  "no_choice",
  "past_the_window",
  "empty_text",
  "text_too_long",
  "unprintable_text",
  "missing",
  "wrong_type",
] as const;
export type Code = (typeof CODES)[number] | "other";

export function codeOf(problem: Problem): Code {
  return CODES.find((known) => known === problem.code) ?? "other";
}

export function ofStep(problems: readonly Problem[], step: string): Problem[] {
  return problems.filter((problem) => problem.step === step);
}

/** Those that have a field of their own in the form, by field; the rest stands above the form, under "". */
export function byField(problems: readonly Problem[], plan: Plan, name: string): Map<string, Problem[]> {
  const step = plan.steps[name];
  const sorted = new Map<string, Problem[]>();
  if (step === undefined) return sorted;
  const exits = exitsOf(step).map((exit) => exit.field);
  const fields = new Set([...FIELDS[step.kind].map((field) => field.name as string), ...exits]);
  for (const problem of ofStep(problems, name)) {
    // Whoever goes round does so by what follows by itself, whatever that is called here.
    const wanted = problem.code === "no_end" ? (exits.at(-1) ?? "") : problem.field;
    const field = fields.has(wanted) ? wanted : "";
    sorted.set(field, [...(sorted.get(field) ?? []), problem]);
  }
  return sorted;
}
