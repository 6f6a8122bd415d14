import { describe, expect, it } from "vitest";
import { PathWatch } from "./path_watch";

/** Second at which the watch calls the path dead, when packets come as `counts` says; null when it never does. */
function deadAt_s(counts: (now_s: number) => { audio: number; all: number }, until_s = 20): number | null {
  const watch = new PathWatch();
  for (let tick = 0; tick <= until_s * 5; tick++) {
    if (watch.saw(counts(tick / 5), tick / 5)) return tick / 5;
  }
  return null;
}

const audio = (seconds: number) => 50 * seconds;

describe("the path watch", () => {
  it("lets a path with audio live", () => {
    expect(deadAt_s((now) => ({ audio: audio(now), all: audio(now) + Math.floor(now) }))).toBeNull();
  });

  it("calls a path dead one second after everything stopped", () => {
    expect(deadAt_s((now) => ({ audio: audio(Math.min(now, 5)), all: audio(Math.min(now, 5)) + 5 }))).toBeCloseTo(6.2);
  });

  it("does not mistake a silent customer for a dead path while reports come", () => {
    const reports = (now: number) => Math.floor(now / 5);
    expect(
      deadAt_s((now) => ({ audio: audio(Math.min(now, 5)), all: audio(Math.min(now, 5)) + 5 * Math.ceil(now) })),
    ).toBeNull();
    expect(deadAt_s((now) => ({ audio: 0, all: 1 + reports(now) }))).toBeNull();
  });

  it("calls a silent path dead when the reports stop as well", () => {
    const reports = (now: number) => 1 + Math.min(Math.floor(now), 10);
    expect(deadAt_s((now) => ({ audio: 0, all: reports(now) }))).toBeCloseTo(16.2);
  });

  it("says nothing before the first packet", () => {
    expect(deadAt_s(() => ({ audio: 0, all: 0 }))).toBeNull();
  });

  it("gives a browser that counts audio only the longer time", () => {
    expect(deadAt_s((now) => ({ audio: audio(Math.min(now, 5)), all: 0 }))).toBeCloseTo(11.2);
  });
});
