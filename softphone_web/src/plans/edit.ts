/** The plan that is being written: every change is a new plan, and all of them can be undone. Pure. */
import {
  type Amount,
  byItself,
  ENTRANCES,
  type Entrance,
  exitsOf,
  freeName,
  type Kind,
  led,
  newStep,
  type Plan,
  relinked,
  type Step,
  type TextKind,
} from "./plan";

export interface Edit {
  plan: Plan;
  /** As it is saved. */
  saved: Plan;
  /** Which one was read; the gateway refuses to write over a newer one. */
  version: number;
  before: readonly Plan[];
  after: readonly Plan[];
  /** The step whose form is shown. */
  chosen: string | null;
  /** What was typed last: typing on in the same field is one change. */
  lastTyped: string | null;
}

export type Change =
  | { type: "chosen"; step: string | null }
  /** `typed`: the field, if more letters may follow. */
  | { type: "step_changed"; step: string; to: Step; typed?: string }
  | { type: "step_renamed"; step: string; to: string }
  | { type: "step_removed"; step: string }
  /** A new step is put behind `after`, on the way out that is `field` or goes on by itself; null: it stands alone. */
  | { type: "step_added"; kind: Kind; after: string | null; field?: string }
  | { type: "entrance_changed"; entrance: Entrance; to: string | null }
  | { type: "entrance_made"; entrance: Entrance; kind: Kind }
  | { type: "language_changed"; to: string }
  | { type: "transfer_prompt_changed"; to: string | null }
  | { type: "text_changed"; kind: TextKind; language: string; to: string }
  | { type: "texts_once_changed"; to: Amount }
  | { type: "plan_replaced"; to: Plan }
  | { type: "undone" }
  | { type: "redone" }
  /** Saved, or somebody else's version is what is there now. */
  | { type: "version_is"; saved: Plan; version: number };

const MOST_UNDONE = 200;

export function begin(saved: Plan, version: number): Edit {
  return { plan: saved, saved, version, before: [], after: [], chosen: saved.start, lastTyped: null };
}

export function edit(now: Edit, change: Change): Edit {
  switch (change.type) {
    case "chosen":
      return { ...now, chosen: change.step, lastTyped: null };
    case "step_changed": {
      const steps = { ...now.plan.steps, [change.step]: change.to };
      return typedOn(now, { ...now.plan, steps }, change.typed === undefined ? null : `${change.step}.${change.typed}`);
    }
    case "step_renamed":
      return { ...changed(now, renamed(now.plan, change.step, change.to)), chosen: change.to };
    case "step_removed": {
      const plan = without(now.plan, change.step);
      const chosen = now.chosen === change.step ? plan.start : now.chosen;
      return { ...changed(now, plan), chosen };
    }
    case "step_added": {
      const name = freeName(now.plan, change.kind);
      return { ...changed(now, withNew(now.plan, name, change)), chosen: name };
    }
    case "entrance_changed":
      return changed(now, { ...now.plan, [change.entrance]: change.to });
    case "entrance_made": {
      const name = freeName(now.plan, change.kind);
      const next = change.entrance === "start" ? now.plan.start : anEnd(now.plan);
      const steps = { ...now.plan.steps, [name]: newStep(change.kind, next ?? name) };
      return { ...changed(now, { ...now.plan, steps, [change.entrance]: name }), chosen: name };
    }
    case "language_changed":
      return changed(now, { ...now.plan, language: change.to });
    case "transfer_prompt_changed":
      return changed(now, { ...now.plan, transfer_prompt: change.to });
    case "text_changed": {
      const { [change.language]: _, ...others } = now.plan.texts[change.kind];
      const words = change.to === "" ? others : { ...others, [change.language]: change.to };
      const texts = { ...now.plan.texts, [change.kind]: words };
      return typedOn(now, { ...now.plan, texts }, `texts.${change.kind}.${change.language}`);
    }
    case "texts_once_changed":
      return typedOn(now, { ...now.plan, texts: { ...now.plan.texts, once_in_min: change.to } }, "texts.once_in_min");
    case "plan_replaced":
      return { ...changed(now, change.to), chosen: change.to.start };
    case "undone": {
      const plan = now.before.at(-1);
      if (plan === undefined) return now;
      return stood({ ...now, plan, before: now.before.slice(0, -1), after: [now.plan, ...now.after] });
    }
    case "redone": {
      const [plan, ...after] = now.after;
      if (plan === undefined) return now;
      return stood({ ...now, plan, before: [...now.before, now.plan], after });
    }
    case "version_is":
      return { ...now, saved: change.saved, version: change.version };
  }
}

/** `field`: what is being typed in; null: nothing is typed. */
function typedOn(now: Edit, plan: Plan, field: string | null): Edit {
  if (field !== null && field === now.lastTyped) return { ...now, plan, after: [] };
  return { ...changed(now, plan), lastTyped: field };
}

function changed(now: Edit, plan: Plan): Edit {
  return { ...now, plan, before: [...now.before, now.plan].slice(-MOST_UNDONE), after: [], lastTyped: null };
}

/** After a step back or forth: what is chosen must be there. */
function stood(now: Edit): Edit {
  const there = now.chosen !== null && Object.hasOwn(now.plan.steps, now.chosen);
  return { ...now, chosen: there ? now.chosen : now.plan.start, lastTyped: null };
}

function withNew(plan: Plan, name: string, { kind, after, field }: Extract<Change, { type: "step_added" }>): Plan {
  const before = after === null ? undefined : plan.steps[after];
  const way = before === undefined ? undefined : exitsOf(before).findLast((exit) => !field || exit.field === field);
  const next = way !== undefined && Object.hasOwn(plan.steps, way.to) ? way.to : (anEnd(plan) ?? name);
  const steps = { ...plan.steps, [name]: newStep(kind, next) };
  if (before === undefined || after === null || (way === undefined && !field)) return { ...plan, steps };
  return { ...plan, steps: { ...steps, [after]: led(before, way?.field ?? field ?? "", name) } };
}

function anEnd(plan: Plan): string | null {
  return Object.keys(plan.steps).find((name) => plan.steps[name]?.kind === "hang_up") ?? null;
}

/** Whatever led to the step leads to what followed it by itself; after an end, to another end. */
function without(plan: Plan, name: string): Plan {
  const { [name]: gone, ...rest } = plan.steps;
  if (gone === undefined) return plan;
  const follows = byItself(gone);
  const next = follows !== null && follows !== name ? follows : anEnd({ ...plan, steps: rest });
  if (next === null) return plan;
  return relinkedAll({ ...plan, steps: rest }, name, next);
}

function renamed(plan: Plan, from: string, to: string): Plan {
  if (Object.hasOwn(plan.steps, to)) return plan;
  const steps = Object.entries(plan.steps).map(([name, step]) => [name === from ? to : name, step] as const);
  return relinkedAll({ ...plan, steps: Object.fromEntries(steps) }, from, to);
}

function relinkedAll(plan: Plan, from: string, to: string): Plan {
  const steps = Object.entries(plan.steps).map(([name, step]) => [name, relinked(step, from, to)] as const);
  const entrances = Object.fromEntries(
    ENTRANCES.map((entrance) => [entrance, plan[entrance] === from ? to : plan[entrance]]),
  );
  return { ...plan, ...entrances, steps: Object.fromEntries(steps) };
}

/** Whether a step can be taken away: the last end cannot. */
export function canRemove(plan: Plan, name: string): boolean {
  return without(plan, name) !== plan;
}
