import { describe, expect, it } from "vitest";
import { CALL } from "../test/states";
import { readAsked, readOrigins } from "./messages";

const answer = { ramal: 1, command: "call.answer", call_id: CALL };
const dial = { ramal: 1, command: "dial" };

describe("a command from the page around us", () => {
  it.each([
    [
      { ramal: 1, command: "hello" },
      { command: "hello", id: null },
    ],
    [answer, { command: "call.answer", call_id: CALL, id: null }],
    [
      { ...answer, id: "seven" },
      { command: "call.answer", call_id: CALL, id: "seven" },
    ],
    [
      { ...answer, id: 7, more: "of a later version" },
      { command: "call.answer", call_id: CALL, id: 7 },
    ],
    [
      { ...dial, contact_id: 3 },
      { command: "dial", contact_id: 3, number_id: null, id: null },
    ],
    [
      { ...dial, phone: " +55 11 99999-0101", number_id: 2 },
      { command: "dial", phone: "+55 11 99999-0101", number_id: 2, id: null },
    ],
  ])("is read: %j", (message, asked) => {
    expect(readAsked(message)).toEqual(asked);
  });

  it.each([
    [null],
    ["hello"],
    [[answer]],
    [{}],
    [{ ...answer, ramal: 2 }],
    [{ ...answer, ramal: "1" }],
    [{ ...answer, command: "call.transfer" }],
    [{ ...answer, command: "__proto__" }],
    [{ ...answer, call_id: 7 }],
    [{ ...answer, call_id: CALL.toUpperCase() }],
    [{ ...answer, call_id: `${CALL}0` }],
    [{ ...answer, call_id: undefined }],
    [{ ...answer, id: {} }],
    [{ ...answer, id: "x".repeat(65) }],
    [{ ...answer, id: Number.NaN }],
    [dial],
    [{ ...dial, contact_id: "3" }],
    [{ ...dial, contact_id: 0 }],
    [{ ...dial, contact_id: 1.5 }],
    [{ ...dial, contact_id: 3, phone: "+5511999990101" }],
    [{ ...dial, phone: "call me" }],
    [{ ...dial, phone: "1".repeat(41) }],
    [{ ...dial, phone: "+5511999990101", number_id: -1 }],
  ])("is nothing when it is wrong somewhere: %j", (message) => {
    expect(readAsked(message)).toBeNull();
  });
});

describe("the origins that the gateway wrote into the page", () => {
  it("are those that are one, and nothing else", () => {
    expect(readOrigins("https://crm.example.com http://localhost:8081")).toEqual([
      "https://crm.example.com",
      "http://localhost:8081",
    ]);
    expect(readOrigins("{{RAMAL_EMBED_ORIGINS}}")).toEqual([]);
    expect(readOrigins("")).toEqual([]);
    expect(readOrigins("* null https://crm.example.com/page")).toEqual([]);
  });
});
