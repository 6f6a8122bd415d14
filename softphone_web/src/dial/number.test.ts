import { describe, expect, it } from "vitest";
import { readNumber } from "./number";

describe("a typed number", () => {
  it.each([
    ["11 95555-0101", "BR", "5511955550101", "+55 11 95555 0101"],
    ["(11) 95555-0101", "BR", "5511955550101", "+55 11 95555 0101"],
    ["+55 11 95555-0101", null, "5511955550101", "+55 11 95555 0101"],
    ["0055 11 95555 0101", "BR", "5511955550101", "+55 11 95555 0101"],
    ["5511955550101", null, "5511955550101", "+55 11 95555 0101"],
    ["+1 415 555 2671", "BR", "14155552671", "+1 415 555 2671"],
    ["+34 612 34 56 78", "BR", "34612345678", "+34 612 34 56 78"],
  ])("%s from %s is %s", (text, own, phone, shown) => {
    expect(readNumber(text, own)).toMatchObject({ kind: "number", phone, shown });
  });

  it("knows whose country it is in", () => {
    expect(readNumber("11 95555-0101", "BR")).toMatchObject({ country: "BR" });
    expect(readNumber("+34 612 34 56 78", "BR")).toMatchObject({ country: "ES" });
  });

  it.each([
    ["", { kind: "empty" }],
    ["   ", { kind: "empty" }],
    ["95555", { kind: "problem", problem: "too_short" }],
    ["maria", { kind: "problem", problem: "not_a_number" }],
    ["11 95555-0101 ramal 2", { kind: "problem", problem: "not_a_number" }],
    ["11 95555-0101 99999 9999", { kind: "problem", problem: "too_long" }],
    ["+999 1234567", { kind: "problem", problem: "not_a_number" }],
    ["<img src=x>", { kind: "problem", problem: "not_a_number" }],
  ])("%j is %j", (text, read) => {
    expect(readNumber(text, "BR")).toEqual(read);
  });
});
