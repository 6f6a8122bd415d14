/** A plan as a drawing: what stands in it, what leads where, and which part of it a trial has walked. Pure. */
import { ENTRANCES, type Entrance, exitsOf, type Plan } from "./plan";

export interface Line {
  id: string;
  from: string;
  to: string;
  /** The fields of `from` that lead there: one line is drawn for all. */
  fields: string[];
}

export interface Drawing {
  steps: string[];
  lines: Line[];
  /** Which ways into the plan begin at a step. */
  entrances: ReadonlyMap<string, Entrance[]>;
}

/** Lines to steps that are not there are left out: the problem beside the step says so. */
export function drawingOf(plan: Plan): Drawing {
  const lines = new Map<string, Line>();
  for (const [from, step] of Object.entries(plan.steps)) {
    for (const { field, to } of exitsOf(step)) {
      if (!Object.hasOwn(plan.steps, to)) continue;
      const id = lineId(from, to);
      const known = lines.get(id);
      if (known === undefined) lines.set(id, { id, from, to, fields: [field] });
      else known.fields.push(field);
    }
  }
  const entrances = new Map<string, Entrance[]>();
  for (const entrance of ENTRANCES) {
    const step = plan[entrance];
    if (step !== null && Object.hasOwn(plan.steps, step)) {
      entrances.set(step, [...(entrances.get(step) ?? []), entrance]);
    }
  }
  return { steps: Object.keys(plan.steps), lines: [...lines.values()], entrances };
}

export function lineId(from: string, to: string): string {
  return `${from}→${to}`; // names of steps hold no arrows
}

export interface Walked {
  /** The steps in the order in which the caller first came to them. */
  steps: string[];
  lines: ReadonlySet<string>;
}

/** The way of a simulated caller: the steps that they came to, one after another. */
export function walkedBy(visited: readonly string[]): Walked {
  const lines = new Set<string>();
  visited.forEach((step, index) => {
    const before = visited[index - 1];
    if (before !== undefined) lines.add(lineId(before, step));
  });
  return { steps: [...new Set(visited)], lines };
}
