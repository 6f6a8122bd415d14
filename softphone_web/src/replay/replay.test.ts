import { describe, expect, it } from "vitest";
import { eventsOf } from "./marks";
import { decodePeaks, lanePath, pastSilence, silencesOf } from "./outline";
import type { Mark } from "./replay";
import { piecesOf } from "./search";

const mark = (at_s: number, what: Mark["mark"], count = 0): Mark => ({ at_s, mark: what, count });

describe("a waveform", () => {
  it("is made of the server's signed bytes", () => {
    expect([...decodePeaks(btoa("\x80\x7f\x00\xff"))]).toEqual([-128, 127, 0, -1]);
  });

  it("draws the loudest of each column, up and down, and a line where nobody speaks", () => {
    const path = lanePath(Int8Array.from([0, 0, -40, 60, -10, 10, 0, 0]), 2);
    expect(path).toBe("M0 8.0L1 43.0L1 57.0L0 78.0Z");
    expect(lanePath(new Int8Array(0), 2)).toBe("");
  });

  it("is silent where neither side is heard for a while", () => {
    const loud = [-50, 50];
    const quiet = [-2, 2];
    const customer = Int8Array.from([loud, quiet, quiet, quiet, quiet, quiet].flat());
    const agent = Int8Array.from([quiet, quiet, quiet, loud, quiet, quiet].flat());
    expect(silencesOf([customer, agent], 6)).toEqual([
      { from_s: 1, to_s: 3 },
      { from_s: 4, to_s: 6 },
    ]);
    expect(silencesOf([customer, agent], 3), "short ones belong to speech").toEqual([]);
  });

  it("is left just before somebody speaks again", () => {
    const silences = [{ from_s: 10, to_s: 20 }];
    expect([9, 10.1, 19.6, 21].map((at_s) => pastSilence(silences, at_s))).toEqual([null, null, null, null]);
    expect(pastSilence(silences, 10.4)).toBeCloseTo(19.7);
    expect(pastSilence(silences, 19.7), "and does not stand still there").toBeNull();
  });
});

describe("moments of a call", () => {
  it("of our own sounds are announcements and music, but for the music of a hold", () => {
    const sounds = [mark(0, "playing"), mark(1, "key"), mark(2, "played"), mark(3, "playing"), mark(3.5, "key")];
    const hold = [
      mark(5, "played"),
      mark(8, "held"),
      mark(8.1, "playing"),
      mark(12.2, "played"),
      mark(12.3, "resumed"),
    ];
    expect(eventsOf([...sounds, ...hold], 30).map(({ kind, at_s, to_s }) => [kind, at_s, to_s])).toEqual([
      ["ours", 0, 2],
      ["keys", 1, 3.5],
      ["ours", 3, 5],
      ["hold", 8, 12.3],
    ]);
  });

  it("last from their mark to the one that ends them, or to the end", () => {
    const marks = [mark(0, "talking"), mark(5, "held"), mark(9, "resumed"), mark(12, "paused")];
    expect(eventsOf(marks, 30)).toEqual([
      { kind: "hold", at_s: 5, to_s: 9, count: 0 },
      { kind: "paused", at_s: 12, to_s: 30, count: 0 },
    ]);
  });

  it("name a hold of which nothing is kept once, and what is not kept after it besides", () => {
    const kinds = (...marks: Mark[]) => eventsOf(marks, 30).map(({ kind, at_s, to_s }) => [kind, at_s, to_s]);
    const [paused, held, resumed] = [mark(5, "paused"), mark(5.2, "held"), mark(9.1, "resumed")];
    expect(kinds(paused, held, mark(9, "continued"), resumed)).toEqual([["unkept_hold", 5.2, 9.1]]);
    expect(kinds(paused, held), "to the end").toEqual([["unkept_hold", 5.2, 30]]);
    expect(kinds(paused, held, resumed, mark(14, "continued")), "card data after the hold").toEqual([
      ["unkept_hold", 5.2, 9.1],
      ["paused", 9.1, 14],
    ]);
  });

  it("keep a hold and a pause apart where one is not the reason of the other", () => {
    const kinds = (...marks: Mark[]) => eventsOf(marks, 30).map(({ kind, at_s }) => [kind, at_s]);
    const [held, resumed] = [mark(8, "held"), mark(12, "resumed")];
    const before = kinds(mark(5, "paused"), held, resumed, mark(14, "continued"));
    expect(before, "card data, and then a hold").toEqual([
      ["paused", 5],
      ["hold", 8],
    ]);
    const within = kinds(held, mark(8.5, "paused"), mark(10, "continued"), resumed);
    expect(within, "the hold is kept, but for the card data").toEqual([
      ["hold", 8],
      ["paused", 8.5],
    ]);
  });

  it("count digits that were pressed together, and packets that were lost", () => {
    const marks = [mark(1, "key"), mark(2, "key"), mark(9, "key"), mark(10, "lost", 7), mark(11, "transferred")];
    expect(eventsOf(marks, 30).map(({ kind, at_s, count }) => [kind, at_s, count])).toEqual([
      ["keys", 1, 2],
      ["keys", 9, 1],
      ["lost", 10, 7],
      ["transferred", 11, 0],
    ]);
  });
});

describe("a search in what was said", () => {
  it("finds words whatever their accents and case, at their places", () => {
    expect(piecesOf("Não chegou. NAO!", "nao")).toEqual([
      { text: "Não", found: true },
      { text: " chegou. ", found: false },
      { text: "NAO", found: true },
      { text: "!", found: false },
    ]);
  });

  it("shows all when nothing is looked for, and nothing that has none of it", () => {
    expect(piecesOf("Bom dia", "  ")).toEqual([{ text: "Bom dia", found: false }]);
    expect(piecesOf("Bom dia", "noite")).toBeNull();
  });
});
