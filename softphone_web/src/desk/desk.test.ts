import { describe, expect, it } from "vitest";
import { CALL, currentCall, deskState, OTHER_CALL, party, ringingCall } from "../test/states";
import {
  type Desk,
  type DeskEvent,
  emptyDesk,
  isMuted,
  phoneIsElsewhere,
  reduceDesk,
  ringingHere,
  seatIsWanted,
  speaks,
} from "./desk";

function after(...events: DeskEvent[]): Desk {
  return events.reduce(reduceDesk, emptyDesk);
}

function state(changes: Parameters<typeof deskState>[0] = {}, now_unix_s = 1_000): DeskEvent {
  return { type: "state", state: deskState(changes), now_unix_s };
}

const up: DeskEvent = { type: "link_up" };

describe("the link", () => {
  it("is connecting until the gateway has spoken once, and lost from then on", () => {
    expect(after({ type: "link_down" }).link).toBe("connecting");
    expect(after(up, state(), { type: "link_down" }).link).toBe("lost");
  });

  it("keeps the last state when it is lost, and forgets commands on their way", () => {
    const desk = after(
      up,
      state({ call: currentCall() }),
      { type: "command_sent", command: "call.mute" },
      { type: "link_down" },
    );
    expect(desk.state?.call?.call_id).toBe(CALL);
    expect(desk.pending).toEqual([]);
  });

  it("says that the agent came back offline, until that is put right", () => {
    const offline = state({ availability: "offline", presence: "offline" });
    const back = after(up, state(), { type: "link_down" }, up, offline);
    expect(back.setOffline).toBe(true);
    expect(reduceDesk(back, state()).setOffline).toBe(false);
  });

  it("says nothing of the kind to somebody who chose to be offline", () => {
    const offline = state({ availability: "offline", presence: "offline" });
    expect(after(up, state(), offline).setOffline).toBe(false);
    expect(after(up, offline, { type: "link_down" }, up, offline).setOffline).toBe(false);
  });

  it("knows how far this computer's clock is off", () => {
    expect(after(up, state({ server_unix_s: 1_000 }, 988)).clockOffset_s).toBe(12);
  });
});

describe("ringing", () => {
  const ringing = state({ ringing: [ringingCall()] });

  it("shows the call that rings longest first", () => {
    const later = ringingCall({ call_id: OTHER_CALL, offered_unix_s: 999 });
    const desk = after(up, state({ ringing: [later, ringingCall()] }));
    expect(ringingHere(desk).map((call) => call.call_id)).toEqual([CALL, OTHER_CALL]);
  });

  it("is silent in a tab that is not the phone, and without a link", () => {
    expect(ringingHere(after(up, state({ ringing: [ringingCall()], phone: "elsewhere" })))).toEqual([]);
    expect(ringingHere(after(up, ringing, { type: "link_down" }))).toEqual([]);
  });

  it("stops at once when another tab takes the phone over", () => {
    const desk = after(up, ringing, { type: "seat_moved" });
    expect(ringingHere(desk)).toEqual([]);
    expect(seatIsWanted(desk)).toBe(false);
  });

  it("says who took the call until something else rings", () => {
    const taken: DeskEvent = { type: "ring_stopped", message: { call_id: CALL, party, why: "taken", by: "Bia" } };
    const desk = after(up, ringing, taken, state());
    expect(desk.ringNote?.by).toBe("Bia");
    expect(reduceDesk(desk, state({ ringing: [ringingCall({ call_id: OTHER_CALL })] })).ringNote).toBeNull();
  });

  it("needs no word about a call that I declined myself", () => {
    const declined: DeskEvent = { type: "ring_stopped", message: { call_id: CALL, party, why: "declined" } };
    expect(after(up, ringing, declined).ringNote).toBeNull();
  });
});

describe("answering", () => {
  const pressed: DeskEvent = { type: "answer_pressed", call_id: CALL };
  const ringing = state({ ringing: [ringingCall()] });

  it("sends the microphone from the press on, and without a gap into the call", () => {
    const waiting = after(up, ringing, pressed);
    expect(speaks(waiting)).toBe(true);
    const mine = reduceDesk(waiting, state({ call: currentCall({ phase: "checking" }) }));
    expect(speaks(mine)).toBe(true);
    expect(mine.answering).toBeNull();
  });

  it("ends when another agent was faster", () => {
    expect(speaks(after(up, ringing, pressed, state()))).toBe(false);
  });

  it("ends when the gateway refuses, and says why", () => {
    const refused: DeskEvent = { type: "command_answered", command: "call.answer", why: "not_ringing" };
    const desk = after(up, ringing, pressed, refused, { type: "answer_refused" });
    expect(speaks(desk)).toBe(false);
    expect(desk.refused).toEqual({ command: "call.answer", why: "not_ringing" });
  });

  it("makes an older refusal disappear when the call begins", () => {
    const refused: DeskEvent = { type: "command_answered", command: "call.answer", why: "no_answer" };
    expect(after(up, ringing, pressed, refused, state({ call: currentCall() })).refused).toBeNull();
  });
});

describe("mute", () => {
  const wish: DeskEvent = { type: "mute_wished", call_id: CALL, muted: true };

  it("shows at once and is kept until the gateway agrees", () => {
    const wished = after(up, state({ call: currentCall() }), wish);
    expect(isMuted(wished)).toBe(true);
    expect(isMuted(reduceDesk(wished, state({ call: currentCall({ muted: false }) })))).toBe(true);
    const agreed = reduceDesk(wished, state({ call: currentCall({ muted: true }) }));
    expect(agreed.muteWish).toBeNull();
    expect(isMuted(agreed)).toBe(true);
  });

  it("does not outlive its call", () => {
    const next = after(up, state({ call: currentCall() }), wish, state({ call: currentCall({ call_id: OTHER_CALL }) }));
    expect(isMuted(next)).toBe(false);
  });

  it("is told by the gateway after a reload", () => {
    expect(isMuted(after(up, state({ call: currentCall({ muted: true }) })))).toBe(true);
  });
});

describe("the seat", () => {
  it("is wanted by who is ready and by who has a call, here or nowhere yet", () => {
    expect(seatIsWanted(after(up, state({ phone: "nowhere" })))).toBe(true);
    expect(seatIsWanted(after(up, state({ availability: "paused", call: currentCall() })))).toBe(true);
    expect(seatIsWanted(after(up, state({ availability: "paused" })))).toBe(false);
    expect(seatIsWanted(after(up, state({ phone: "elsewhere" })))).toBe(false);
  });

  it("is left to the other tab while that one reloads", () => {
    const other = after(up, state({ phone: "elsewhere" }), state({ phone: "nowhere", call: currentCall() }));
    expect(seatIsWanted(other)).toBe(false);
    expect(phoneIsElsewhere(other)).toBe(true);
    const taken = reduceDesk(other, state({ phone: "here", call: currentCall() }));
    expect(seatIsWanted(taken)).toBe(true);
    expect(phoneIsElsewhere(taken)).toBe(false);
  });

  it("is free for the taking once the other tab is given up", () => {
    expect(
      phoneIsElsewhere(after(up, state({ phone: "elsewhere" }), state({ phone: "nowhere", availability: "offline" }))),
    ).toBe(false);
  });
});

describe("the microphone", () => {
  it("forgets that it was switched when another one is opened", () => {
    const desk = after({ type: "microphone", microphone: "ok" }, { type: "microphone_switched", name: "Headset" });
    expect(desk.microphoneSwitched).toBe(true);
    expect(reduceDesk(desk, { type: "microphone", microphone: "ok" }).microphoneSwitched).toBe(false);
  });
});
