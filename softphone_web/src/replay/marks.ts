/** What happened in a call, as its timeline shows it. Pure. */
import type { Mark } from "./replay";

export type EventKind = "hold" | "paused" | "transferred" | "keys" | "lost";

/** `to_s` of what lasted; `count` of digits, or of packets that were lost. */
export interface TimelineEvent {
  kind: EventKind;
  at_s: number;
  to_s: number | null;
  count: number;
}

const ENDS = { held: "resumed", paused: "continued" } as const;
const TOGETHER_S = 3;

/** In the order in which they began. What did not end lasts to the end. */
export function eventsOf(marks: readonly Mark[], duration_s: number): TimelineEvent[] {
  const events: TimelineEvent[] = [];
  marks.forEach((mark, index) => {
    switch (mark.mark) {
      case "held":
      case "paused": {
        const end = ENDS[mark.mark];
        const later = marks.slice(index + 1).find((next) => next.mark === end);
        const kind = mark.mark === "held" ? "hold" : "paused";
        events.push({ kind, at_s: mark.at_s, to_s: later?.at_s ?? duration_s, count: 0 });
        break;
      }
      case "key": {
        const before = events.at(-1);
        if (before?.kind === "keys" && mark.at_s - (before.to_s ?? before.at_s) <= TOGETHER_S) {
          before.count += 1;
          before.to_s = mark.at_s;
        } else events.push({ kind: "keys", at_s: mark.at_s, to_s: mark.at_s, count: 1 });
        break;
      }
      case "transferred":
        events.push({ kind: "transferred", at_s: mark.at_s, to_s: null, count: 0 });
        break;
      case "lost":
        events.push({ kind: "lost", at_s: mark.at_s, to_s: null, count: mark.count });
        break;
    }
  });
  return events;
}
