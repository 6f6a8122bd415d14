import { describe, expect, it } from "vitest";
import type { DeskState, EndedCall } from "../contract/messages";
import { type Desk, emptyDesk, reduceDesk } from "../desk/desk";
import { CALL, currentCall, deskState, OTHER_CALL, party, ringingCall } from "../test/states";
import type { Told } from "./messages";
import { newsOf, standing } from "./news";

function desk(changes: Partial<DeskState> = {}): Desk {
  const up = reduceDesk(emptyDesk, { type: "link_up" });
  return reduceDesk(up, { type: "state", state: deskState(changes), now_unix_s: 1_000 });
}

const idle = desk();
const ringing = desk({ ringing: [ringingCall()] });
const claiming = desk({ call: currentCall({ phase: "accepting", talking_since_unix_s: null }) });
const talking = desk({ call: currentCall() });
const lastCall: EndedCall = {
  call_id: CALL,
  party,
  outcome: "answered",
  ended_by: "customer",
  failure_code: null,
  talk_s: 12.5,
  ended_unix_s: 1_012,
};
const over = desk({ last_call: lastCall });

const nobody = () => null;

function names(before: Desk | null, now: Desk | null): string[] {
  return newsOf(before, now, nobody).map(({ event }) => event);
}

function only(told: Told[]): Told {
  expect(told).toHaveLength(1);
  return told[0] as Told;
}

describe("a customer calls", () => {
  it("is told with who, to which number and until when, and never with their phone number", () => {
    expect(only(newsOf(idle, ringing, nobody))).toEqual({
      event: "call.ringing",
      call: {
        call_id: CALL,
        direction: "inbound",
        number_id: 1,
        number_label: "+55 11 4000-1000",
        department: "Vendas",
        customer: { name: "Ana Souza", label: "+55 11 ••••• 0101", contact_id: null },
        payload: null,
      },
      offered_at: "1970-01-01T00:16:35.000Z",
      ring_until: "1970-01-01T00:17:00.000Z",
    });
  });

  it("is told once", () => {
    expect(names(ringing, ringing)).toEqual([]);
    expect(names(ringing, desk({ ringing: [ringingCall(), ringingCall({ call_id: OTHER_CALL })] }))).toEqual([
      "call.ringing",
    ]);
  });

  it("stops to ring when somebody else has it, and when nobody hears of it any more", () => {
    expect(names(ringing, idle)).toEqual(["call.ring_stopped"]);
    expect(names(ringing, reduceDesk(ringing, { type: "link_down" }))).toEqual(["presence", "call.ring_stopped"]);
  });
});

describe("a call of the agent", () => {
  it("is answered when both can talk, not when answer was pressed", () => {
    expect(names(ringing, claiming)).toEqual([]);
    expect(only(newsOf(claiming, talking, nobody))).toMatchObject({
      event: "call.answered",
      answered_at: "1970-01-01T00:16:39.000Z",
    });
    expect(names(talking, desk({ call: currentCall({ held: true }) }))).toEqual([]);
  });

  it("that they placed is told before anybody answers", () => {
    const dialing = desk({
      call: currentCall({ direction: "outbound", phase: "dialing", talking_since_unix_s: null }),
    });
    expect(names(idle, dialing)).toEqual(["call.placed"]);
    expect(names(dialing, desk({ call: currentCall({ direction: "outbound" }) }))).toEqual(["call.answered"]);
  });

  it("ends with what came of it", () => {
    expect(only(newsOf(talking, over, (call_id) => (call_id === CALL ? 7 : null)))).toMatchObject({
      event: "call.ended",
      call: { call_id: CALL, customer: { contact_id: 7 } },
      outcome: "answered",
      ended_by: "customer",
      talk_s: 12.5,
      ended_at: "1970-01-01T00:16:52.000Z",
    });
  });

  it("goes on without them when it was given on, or another page took it", () => {
    expect(names(talking, idle)).toEqual(["call.left"]);
    expect(names(talking, desk({ phone: "elsewhere", call: currentCall() }))).toEqual(["presence", "call.left"]);
  });

  it("makes room for the next in one step", () => {
    const next = desk({ last_call: lastCall, call: currentCall({ call_id: OTHER_CALL }) });
    expect(names(talking, next)).toEqual(["call.ended", "call.answered"]);
  });
});

describe("whoever has heard nothing yet", () => {
  it("is told how things stand, and of no call that was over before", () => {
    expect(standing(talking, nobody).map(({ event }) => event)).toEqual(["presence", "call.answered"]);
    expect(standing(over, nobody).map(({ event }) => event)).toEqual(["presence"]);
    expect(names(null, over)).toEqual(["presence"]);
  });

  it("hears that nobody is signed in", () => {
    const presence = { event: "presence", link: "signed_out", presence: null, agent_id: null };
    expect(only(standing(null, nobody))).toMatchObject(presence);
    expect(only(newsOf(over, null, nobody))).toMatchObject(presence);
  });
});
