import { describe, expect, it } from "vitest";
import { SoundReport } from "./sound_report";

const live = { readyState: "live", muted: false } as const;

describe("what the page tells of a call's sound", () => {
  it("tells once that all is well, and nothing while it stays so", () => {
    const report = new SoundReport();
    expect(report.saw("a", 1, live, 0)).toEqual({ call_id: "a", hears: true, microphone: "live" });
    for (let second = 1; second < 60; second++) expect(report.saw("a", 1 + 50 * second, live, second)).toBeNull();
  });

  it("tells that no packet comes after a second and a half, and that they come again", () => {
    const report = new SoundReport();
    report.saw("a", 10, live, 0);
    expect(report.saw("a", 10, live, 1.4)).toBeNull();
    expect(report.saw("a", 10, live, 1.6)?.hears).toBe(false);
    expect(report.saw("a", 11, live, 1.8)?.hears).toBe(true);
  });

  it("names a microphone that the system mutes, that has ended, and that is not there", () => {
    const report = new SoundReport();
    report.saw("a", 1, live, 0);
    expect(report.saw("a", 2, { ...live, muted: true }, 0.2)?.microphone).toBe("muted");
    expect(report.saw("a", 3, { readyState: "ended", muted: true }, 0.4)?.microphone).toBe("ended");
    expect(report.saw("a", 4, null, 0.6)).toBeNull();
    expect(report.saw("a", 5, live, 0.8)?.microphone).toBe("live");
  });

  it("begins anew with each call, and gives its first packet time", () => {
    const report = new SoundReport();
    report.saw("a", 7, live, 0);
    expect(report.saw("b", 7, live, 100)).toEqual({ call_id: "b", hears: true, microphone: "live" });
    expect(report.saw("b", 7, live, 102)?.hears).toBe(false);
  });
});
