/** What happened in a call, as its timeline shows it. Pure. */
import type { Mark } from "./replay";

export type EventKind = "hold" | "unkept_hold" | "paused" | "transferred" | "keys" | "lost" | "ours";

/** `to_s` of what lasted; `count` of digits, or of packets that were lost. */
export interface TimelineEvent {
  kind: EventKind;
  at_s: number;
  to_s: number | null;
  count: number;
}

const ENDS = { held: "resumed", paused: "continued", playing: "played" } as const;
const KINDS = { held: "hold", paused: "paused", playing: "ours" } as const;
const TOGETHER_S = 3;
/** A recording that keeps no holds pauses with the decision to hold; the mark of the hold waits until that is saved. */
const SAME_S = 1;

/** In the order in which they began. What did not end lasts to the end. */
export function eventsOf(marks: readonly Mark[], duration_s: number): TimelineEvent[] {
  return foldMusic(foldPauses(eachOf(marks, duration_s), duration_s));
}

/** Music on hold is the hold. */
function foldMusic(events: readonly TimelineEvent[]): TimelineEvent[] {
  const within = (one: TimelineEvent, hold: TimelineEvent) =>
    one.at_s >= hold.at_s - SAME_S && (one.to_s ?? one.at_s) <= (hold.to_s ?? hold.at_s) + SAME_S;
  return events.filter(
    (one) => one.kind !== "ours" || !events.some((hold) => hold.kind === "hold" && within(one, hold)),
  );
}

/** A hold and the pause that it is the reason of are one moment. What is still not kept after it is one of its own. */
function foldPauses(events: readonly TimelineEvent[], duration_s: number): TimelineEvent[] {
  const ends_s = (event: TimelineEvent) => event.to_s ?? duration_s;
  const reasonOf = (pause: TimelineEvent) =>
    events.find(
      (one) =>
        one.kind === "hold" && Math.abs(one.at_s - pause.at_s) <= SAME_S && ends_s(one) <= ends_s(pause) + SAME_S,
    );
  const folded = new Map<TimelineEvent, TimelineEvent>();
  const rests = new Map<TimelineEvent, TimelineEvent[]>();
  for (const pause of events) {
    const hold = pause.kind === "paused" ? reasonOf(pause) : undefined;
    if (hold === undefined) continue;
    folded.set(hold, { ...hold, kind: "unkept_hold" });
    rests.set(pause, ends_s(pause) - ends_s(hold) > SAME_S ? [{ ...pause, at_s: ends_s(hold) }] : []);
  }
  return events
    .flatMap((event) => rests.get(event) ?? [folded.get(event) ?? event])
    .sort((one, other) => one.at_s - other.at_s);
}

function eachOf(marks: readonly Mark[], duration_s: number): TimelineEvent[] {
  const events: TimelineEvent[] = [];
  marks.forEach((mark, index) => {
    switch (mark.mark) {
      case "held":
      case "paused":
      case "playing": {
        const end = ENDS[mark.mark];
        const later = marks.slice(index + 1).find((next) => next.mark === end);
        events.push({ kind: KINDS[mark.mark], at_s: mark.at_s, to_s: later?.at_s ?? duration_s, count: 0 });
        break;
      }
      case "key": {
        const before = events.findLast((event) => event.kind !== "ours");
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
