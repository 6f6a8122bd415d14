import { beforeEach, describe, expect, it } from "vitest";
import type { DeskState } from "../contract/messages";
import { type Desk, emptyDesk, reduceDesk } from "../desk/desk";
import { CALL, currentCall, deskState, OTHER_CALL, ringingCall } from "../test/states";
import { Bridge, type Hands } from "./bridge";

const CRM = "https://crm.example.com";
const OTHERS = "https://evil.example";

type Posted = Record<string, unknown>;

let posted: Posted[];
let targets: Set<string>;
let pressed: string[];
let now_ms: number;
let bridge: Bridge;

const parent = {
  postMessage: (message: unknown, target: unknown) => {
    posted.push(message as Posted);
    targets.add(String(target));
  },
} as Pick<Window, "postMessage">;

const hands: Hands = {
  answer: (call_id) => void pressed.push(`answer ${call_id}`),
  decline: (call_id) => void pressed.push(`decline ${call_id}`),
  hangUp: (call_id) => void pressed.push(`hang up ${call_id}`),
  choose: async (contact_id, number_id) => {
    pressed.push(`choose ${contact_id} ${number_id}`);
    return contact_id === 7;
  },
  type: (phone, number_id) => void pressed.push(`type ${phone} ${number_id}`),
  contactOf: async () => 7,
};

function makeBridge(origin: string | null): Bridge {
  return new Bridge({ parent, origins: [CRM], origin, now_ms: () => now_ms, wait: async () => undefined });
}

beforeEach(() => {
  posted = [];
  targets = new Set();
  pressed = [];
  now_ms = 0;
  bridge = makeBridge(CRM);
});

function desk(changes: Partial<DeskState> = {}): Desk {
  const up = reduceDesk(emptyDesk, { type: "link_up" });
  const call_from = [{ number_id: 1, label: "Vendas", country: "BR" }];
  return reduceDesk(up, { type: "state", state: deskState({ call_from, ...changes }), now_unix_s: 1_000 });
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** What the panel answers to the page around it; undefined: nothing. */
async function ask(message: object, from: { source?: unknown; origin?: string } = {}): Promise<Posted | undefined> {
  posted = [];
  const { source = parent, origin = CRM } = from;
  bridge.heard({ source: source as Window, origin, data: { ramal: 1, id: 1, ...message } });
  await settled();
  return posted.find((message) => "reply" in message);
}

const answer = { command: "call.answer", call_id: CALL };
const ringing = desk({ ringing: [ringingCall()] });

describe("who may speak to the panel", () => {
  it("is the page around it, if it is one of those that are named", async () => {
    bridge.follow(ringing, hands);
    expect(await ask(answer)).toEqual({ ramal: 1, reply: "call.answer", id: 1, ok: true, why: null });
    expect(pressed).toEqual([`answer ${CALL}`]);
    expect(targets).toEqual(new Set([CRM]));
  });

  it.each([
    ["a page of another origin", { origin: OTHERS }],
    ["one that begins alike", { origin: `${CRM}.evil.example` }],
    ["a page without an origin", { origin: "null" }],
    ["another frame of the same page", { source: {} }],
    ["nobody", { source: null }],
  ])("is not %s: nothing is done and nothing is said", async (_, from) => {
    bridge.follow(ringing, hands);
    expect(await ask(answer, from)).toBeUndefined();
    expect(await ask({ command: "hello" }, from)).toBeUndefined();
    expect([pressed, posted]).toEqual([[], []]);
  });

  it("gets no answer to what is no command", async () => {
    bridge.follow(ringing, hands);
    expect(await ask({ ...answer, call_id: "x" })).toBeUndefined();
    expect(await ask({ command: "call.transfer", call_id: CALL })).toBeUndefined();
    expect([pressed, posted]).toEqual([[], []]);
  });
});

describe("what the panel tells", () => {
  it("goes to the origin that the browser names, from the start", () => {
    bridge.start();
    bridge.follow(ringing, hands);
    expect(posted.map(({ event }) => event)).toEqual(["ready", "presence", "call.ringing"]);
    expect(targets).toEqual(new Set([CRM]));
  });

  it.each([[null], [OTHERS]])("goes to nobody before they have spoken, where the browser names %s", async (origin) => {
    bridge = makeBridge(origin);
    bridge.start();
    bridge.follow(ringing, hands);
    expect(posted).toEqual([]);
    await ask({ command: "hello" });
    expect(posted.map(({ event }) => event)).toEqual(["ready", "presence", "call.ringing", undefined]);
    expect(targets).toEqual(new Set([CRM]));
  });

  it("names the contact once they talk, and at the end", async () => {
    bridge.follow(desk({ call: currentCall() }), hands);
    await settled();
    expect(posted.at(-1)).toEqual({ ramal: 1, event: "call.customer", call_id: CALL, contact_id: 7 });
  });

  it("says when nobody is signed in any more, and does nothing for them", async () => {
    bridge.follow(ringing, hands);
    bridge.follow(null, null);
    expect(posted.slice(2)).toMatchObject([{ event: "presence", link: "signed_out" }, { event: "call.ring_stopped" }]);
    expect(await ask(answer)).toMatchObject({ ok: false, why: "not_signed_in" });
  });
});

describe("a command", () => {
  it.each([
    ["answers only what rings here", answer, desk(), "not_ringing"],
    ["declines only what rings here", { command: "call.decline", call_id: OTHER_CALL }, ringing, "not_ringing"],
    [
      "ends only the agent's own call",
      { command: "call.hang_up", call_id: OTHER_CALL },
      desk({ call: currentCall() }),
      "not_your_call",
    ],
    ["does nothing while the link is lost", answer, reduceDesk(ringing, { type: "link_down" }), "no_connection"],
    ["does nothing where another tab is the phone", answer, desk({ phone: "elsewhere" }), "elsewhere"],
    ["answers once", answer, reduceDesk(ringing, { type: "answer_pressed", call_id: CALL }), "busy"],
    ["chooses nobody while it rings", { command: "dial", contact_id: 7 }, ringing, "busy"],
    [
      "chooses nobody for agents who may not call",
      { command: "dial", contact_id: 7 },
      desk({ call_from: [] }),
      "may_not_call",
    ],
    ["chooses no number that is not theirs", { command: "dial", contact_id: 7, number_id: 2 }, desk(), "may_not_call"],
    ["chooses nobody whom the agent may not see", { command: "dial", contact_id: 8 }, desk(), "unknown_contact"],
  ])("%s", async (_, message, now, why) => {
    bridge.follow(now, hands);
    expect(await ask(message)).toMatchObject({ ok: false, why });
    expect(pressed.filter((what) => !what.startsWith("choose 8"))).toEqual([]);
  });

  it("ends the agent's call, and declines what rings", async () => {
    bridge.follow(desk({ call: currentCall() }), hands);
    await ask({ command: "call.hang_up", call_id: CALL });
    bridge.follow(ringing, hands);
    await ask({ command: "call.decline", call_id: CALL });
    expect(pressed).toEqual([`hang up ${CALL}`, `decline ${CALL}`]);
  });

  it("shows whom to call and calls nobody, once a second at most", async () => {
    bridge.follow(desk(), hands);
    expect(await ask({ command: "dial", phone: "+5511999990101" })).toMatchObject({ ok: true });
    expect(await ask({ command: "dial", contact_id: 7 })).toMatchObject({ ok: false, why: "too_often" });
    now_ms = 1_000;
    expect(await ask({ command: "dial", contact_id: 7, number_id: 1 })).toMatchObject({ ok: true });
    expect(pressed).toEqual(["type +5511999990101 null", "choose 7 1"]);
  });
});
