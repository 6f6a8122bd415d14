import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PhoneWorld } from "../test/phone_world";
import { CALL, currentCall, ringingCall } from "../test/states";

let world: PhoneWorld;

beforeEach(() => {
  vi.useFakeTimers();
  world = new PhoneWorld();
});

afterEach(() => {
  world.phone.stop();
  vi.useRealTimers();
});

async function ready(): Promise<void> {
  world.says({ availability: "offline", presence: "offline", phone: "nowhere" });
  await world.phone.getReady();
  world.connection.become("connected");
  world.says({});
  await world.pass();
}

async function inCall(): Promise<void> {
  await ready();
  world.says({ ringing: [ringingCall()] });
  await world.phone.answer(CALL);
  world.says({ call: currentCall(), presence: "in_call" });
  await world.pass();
}

function packets(audio: number, all: number): void {
  world.connection.stats = [
    { type: "inbound-rtp", mid: "0", packetsReceived: audio },
    { type: "transport", packetsReceived: all },
  ];
}

describe("getting ready", () => {
  it("reports the audio, makes the seat, then says ready", async () => {
    await ready();
    expect(world.sent).toEqual(["audio.report", "seat.offer", "availability.set"]);
    expect(world.messages[0]).toEqual(["audio.report", { microphone: "ok", sound_unlocked: true }]);
    expect(world.sends).toBe("null");
  });

  it("with a denied microphone reports it, makes no seat, and is not tried again by itself", async () => {
    world.microphones.push({ ok: false, problem: "denied" });
    world.says({ availability: "offline", presence: "offline" });
    await world.phone.getReady();
    world.says({ availability: "ready", presence: "not_ready", missing: ["microphone", "seat"] });
    await world.pass(5);
    expect(world.messages[0]).toEqual(["audio.report", { microphone: "denied", sound_unlocked: true }]);
    expect(world.sent).toEqual(["audio.report", "availability.set"]);
    expect(world.connections).toHaveLength(0);
  });

  it("goes on by itself when the microphone is allowed later", async () => {
    world.microphones.push({ ok: false, problem: "denied" });
    world.says({ availability: "ready", presence: "not_ready", missing: ["microphone", "seat"] });
    await world.pass();
    expect(world.store.current().microphone).toBe("denied");
    world.phone.devicesChanged();
    await world.pass();
    expect(world.store.current().microphone).toBe("ok");
    expect(world.connections).toHaveLength(1);
  });

  it("reports sound that the browser keeps locked", async () => {
    world.soundUnlocks = false;
    await ready();
    expect(world.messages[0]).toEqual(["audio.report", { microphone: "ok", sound_unlocked: false }]);
    expect(world.store.current().soundUnlocked).toBe(false);
  });

  it("reports sound that the browser plays at last, once", async () => {
    world.soundUnlocks = false;
    await ready();
    world.phone.soundIs(true);
    world.phone.soundIs(true);
    await world.pass();
    const reports = world.messages.filter(([name]) => name === "audio.report");
    expect(reports.slice(1)).toEqual([["audio.report", { microphone: "ok", sound_unlocked: true }]]);
    expect(world.store.current().soundUnlocked).toBe(true);
  });

  it("again keeps a seat that is good", async () => {
    await ready();
    await world.phone.pause();
    world.says({ availability: "paused", presence: "paused" });
    await world.phone.getReady();
    expect(world.connections).toHaveLength(1);
  });
});

describe("after a reload", () => {
  it("who was ready is ready again without a click", async () => {
    world.says({ phone: "here", missing: ["seat"], presence: "not_ready" });
    await world.pass();
    expect(world.sent).toEqual(["audio.report", "seat.offer"]);
  });

  it("a call goes on at once, muted if it was", async () => {
    world.says({ phone: "here", call: currentCall({ phase: "reattaching", muted: true }) });
    await world.pass();
    expect(world.sent).toEqual(["audio.report", "seat.offer"]);
    expect(world.sends).toBe("microphone 1");
    expect(world.microphone.enabled).toBe(false);
  });

  it("nothing is asked of who is offline, or has the phone elsewhere", async () => {
    world.says({ availability: "offline", presence: "offline", phone: "nowhere" });
    await world.pass(2);
    world.says({ phone: "elsewhere" });
    await world.pass(2);
    expect(world.opened).toHaveLength(0);
    expect(world.sent).toEqual([]);
  });
});

describe("a ring", () => {
  it("sounds until it is over", async () => {
    await ready();
    world.says({ ringing: [ringingCall()] });
    expect(world.ringing).toBe(true);
    world.says({});
    expect(world.ringing).toBe(false);
  });

  it("is answered with the microphone already on the line", async () => {
    await ready();
    world.says({ ringing: [ringingCall()] });
    const answered = world.phone.answer(CALL);
    expect(world.ringing).toBe(false);
    await answered;
    expect(world.sent.at(-1)).toBe("call.answer");
    expect(world.sends).toBe("microphone 1");
    expect(world.microphone.enabled).toBe(true);
  });

  it("hushes the microphone again when another agent was faster", async () => {
    await ready();
    world.says({ ringing: [ringingCall()] });
    world.answers.set("call.answer", { ok: false, why: "not_ringing" });
    await world.phone.answer(CALL);
    world.says({});
    await world.pass();
    expect(world.sends).toBe("null");
    expect(world.store.current().refused).toEqual({ command: "call.answer", why: "not_ringing" });
  });

  it("is not answered twice by two quick presses", async () => {
    await ready();
    world.says({ ringing: [ringingCall()] });
    await Promise.all([world.phone.answer(CALL), world.phone.answer(CALL)]);
    expect(world.sent.filter((command) => command === "call.answer")).toHaveLength(1);
  });
});

describe("a call", () => {
  it("mutes by silence on the line, not by taking the line away", async () => {
    await inCall();
    await world.phone.setMuted(CALL, true);
    expect(world.microphone.enabled).toBe(false);
    expect(world.sends).toBe("microphone 1");
    expect(world.messages.at(-1)).toEqual(["call.mute", { call_id: CALL, muted: true }]);
  });

  it("that ends leaves nothing on the line, and the next one starts unmuted", async () => {
    await inCall();
    await world.phone.setMuted(CALL, true);
    await world.phone.hangUp(CALL);
    world.says({});
    await world.pass();
    expect(world.sends).toBe("null");
    expect(world.microphone.enabled).toBe(true);
  });

  it("gets a new seat on the same microphone one second after its path died", async () => {
    await inCall();
    for (let tick = 0; tick < 15; tick++) {
      packets(10 * tick, 10 * tick + 5);
      await world.pass(0.2);
    }
    expect(world.connections).toHaveLength(1);
    await world.pass(1.4);
    expect(world.connections).toHaveLength(2);
    expect(world.opened).toHaveLength(1);
    expect(world.sends).toBe("microphone 1");
    expect(world.connections[0]?.connectionState).toBe("closed");
  });

  it("gets a new seat when the gateway or the browser says that the old one is lost", async () => {
    await inCall();
    world.phone.seatLost("some other seat");
    await world.pass(1);
    expect(world.connections).toHaveLength(1);
    world.phone.seatLost("seat-1");
    await world.pass(1);
    expect(world.connections).toHaveLength(2);
    world.connection.become("connected");
    await world.pass(2);
    world.connection.become("failed");
    await world.pass(1);
    expect(world.connections).toHaveLength(3);
  });

  it("tries a seat that did not connect through relays alone, and then every path again", async () => {
    const world = new PhoneWorld();
    world.phone.useRelays({ urls: ["turn:turn.example"], username: "1:7", credential: "secret" });
    await world.phone.getReady();
    world.says({ phone: "here", availability: "ready", missing: ["seat"] });
    await world.pass(20);
    const tried = world.connections.map(({ configuration }) => configuration?.iceTransportPolicy);
    expect(tried.slice(0, 3)).toEqual(["all", "relay", "all"]);
    expect(world.connections.every(({ configuration }) => configuration?.iceServers?.length === 1)).toBe(true);
  });

  it("tries again, with growing pauses, while the gateway cannot be reached", async () => {
    await inCall();
    world.answers.set("seat.offer", { ok: false, why: "no_answer" });
    world.phone.seatLost("seat-1");
    await world.pass(30);
    const tries = world.connections.length - 1;
    expect(tries).toBeGreaterThanOrEqual(4);
    expect(tries).toBeLessThanOrEqual(8);
  });

  it("goes on with the default microphone when the chosen one is unplugged", async () => {
    await inCall();
    world.microphone.unplug();
    await world.pass();
    expect(world.sends).toBe("microphone 2");
    expect(world.store.current().microphoneSwitched).toBe(true);
  });

  it("reports a microphone that is gone for good", async () => {
    await inCall();
    world.microphones.push({ ok: false, problem: "missing" });
    world.microphone.unplug();
    await world.pass();
    expect(world.messages.at(-1)).toEqual(["audio.report", { microphone: "missing", sound_unlocked: true }]);
  });
});

describe("a microphone that comes back in a call", () => {
  it("is used at once, on the seat that stayed", async () => {
    await inCall();
    world.microphones.push({ ok: false, problem: "missing" }, { ok: false, problem: "missing" });
    world.microphone.unplug();
    await world.pass(1);
    expect(world.connection.connectionState).not.toBe("closed");
    world.phone.devicesChanged();
    await world.pass(1);
    expect(world.store.current().microphone).toBe("missing");
    world.phone.devicesChanged();
    await world.pass(1);
    expect(world.sends).toBe("microphone 2");
    expect(world.connections).toHaveLength(1);
    expect(world.messages).toContainEqual(["audio.report", { microphone: "ok", sound_unlocked: true }]);
  });
});

describe("two tabs", () => {
  it("leave the microphone to the other one when it takes over", async () => {
    await inCall();
    world.store.dispatch({ type: "seat_moved" });
    await world.pass();
    expect(world.connection.connectionState).toBe("closed");
    expect(world.microphone.readyState).toBe("ended");
  });

  it("take over once there is a microphone to be the phone with", async () => {
    world.says({ phone: "elsewhere", call: currentCall() });
    await world.phone.takeOver();
    await world.pass();
    expect(world.sent).toEqual(["seat.take_over", "audio.report", "seat.offer"]);
    expect(world.sends).toBe("microphone 1");
  });

  it("do not take over without one", async () => {
    world.microphones.push({ ok: false, problem: "denied" });
    world.says({ phone: "elsewhere" });
    await world.phone.takeOver();
    expect(world.sent).toEqual([]);
  });

  it("speak up after an interruption only if they were the phone", async () => {
    world.says({ phone: "elsewhere" });
    world.phone.linkUp();
    await world.pass();
    expect(world.sent).toEqual([]);
  });
});

describe("going offline", () => {
  it("gives microphone and seat back", async () => {
    await ready();
    await world.phone.goOffline();
    expect(world.microphone.readyState).toBe("ended");
    expect(world.connection.connectionState).toBe("closed");
    world.says({ availability: "offline", presence: "offline" });
    await world.pass(3);
    expect(world.connections).toHaveLength(1);
  });
});
