import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CALL } from "../test/states";
import { readAsked, readOrigins, type Told, type WhyNot, type Wish } from "./messages";

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

/** TypeScript sees to it that none is missing. */
const NAMES: Record<Told["event"] | Wish["command"] | WhyNot, true> = {
  ready: true,
  presence: true,
  "call.ringing": true,
  "call.ring_stopped": true,
  "call.placed": true,
  "call.answered": true,
  "call.customer": true,
  "call.left": true,
  "call.ended": true,
  hello: true,
  "call.answer": true,
  "call.decline": true,
  "call.hang_up": true,
  dial: true,
  not_signed_in: true,
  no_connection: true,
  elsewhere: true,
  not_ringing: true,
  not_your_call: true,
  busy: true,
  too_often: true,
  may_not_call: true,
  unknown_contact: true,
};

describe("the document", () => {
  const document = readFileSync("../docs/embedding.md", "utf-8");

  it.each(Object.keys(NAMES))("has %s", (name) => {
    expect(document).toContain(`\`${name}\``);
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
