import { beforeEach, describe, expect, it } from "vitest";
import { DeskStore } from "../desk/store";
import { CALL, currentCall, deskState, ringingCall } from "../test/states";
import { RingNotifier } from "./ring_notifier";

class Shown {
  closed = false;
  constructor(
    readonly title: string,
    readonly options: NotificationOptions,
  ) {}
  close(): void {
    this.closed = true;
  }
}

class World {
  readonly store = new DeskStore();
  readonly shown: Shown[] = [];
  readonly pressed: string[] = [];
  seen = false;
  allowed = true;
  now_s = 100;
  readonly notifier = new RingNotifier({
    store: this.store,
    phone: {
      answer: async (call_id) => void this.pressed.push(`answer ${call_id}`),
      decline: async (call_id) => void this.pressed.push(`decline ${call_id}`),
      answerConsult: async (call_id) => void this.pressed.push(`talk about ${call_id}`),
      leaveConsult: async (call_id) => void this.pressed.push(`not now ${call_id}`),
    },
    registration: async () => ({
      showNotification: async (title: string, options: NotificationOptions = {}) => {
        this.shown.push(new Shown(title, options));
      },
      getNotifications: async ({ tag } = {}) =>
        this.shown.filter((one) => one.options.tag === tag) as unknown as Notification[],
    }),
    isSeen: () => this.seen,
    mayNotify: () => this.allowed,
    texts: (ring) => ({
      title: ring.from === "customer" ? `Call ${ring.call.party.label}` : `${ring.asked.by} asks`,
      body: "For Vendas",
      answer: "Answer",
      decline: "Decline",
    }),
    now_s: () => this.now_s,
  });

  constructor() {
    this.notifier.start();
    this.store.dispatch({ type: "link_up" });
  }

  async says(changes: Parameters<typeof deskState>[0]): Promise<void> {
    this.store.dispatch({ type: "state", state: deskState(changes), now_unix_s: 1_000 });
    for (let turn = 0; turn < 30; turn++) await Promise.resolve();
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

describe("a notification of a ring", () => {
  it("is shown once while nobody sees the page, and closes itself when the ring ends", async () => {
    await world.says({ ringing: [ringingCall()] });
    await world.says({ ringing: [ringingCall()], revision: 2 });
    expect(world.shown).toHaveLength(1);
    expect(world.shown[0]?.options).toMatchObject({ tag: CALL, requireInteraction: true, body: "For Vendas" });
    expect(world.shown[0]?.closed).toBe(false);
    await world.says({ ringing: [] });
    expect(world.shown[0]?.closed).toBe(true);
  });

  it("is not shown to who sees the page, to who did not allow it, and in a call", async () => {
    world.seen = true;
    await world.says({ ringing: [ringingCall()] });
    await world.says({ ringing: [] });
    world.seen = false;
    world.allowed = false;
    await world.says({ ringing: [ringingCall()] });
    await world.says({ ringing: [] });
    world.allowed = true;
    await world.says({ ringing: [ringingCall()], call: currentCall() });
    expect(world.shown).toHaveLength(0);
  });

  it("answers and declines", async () => {
    await world.says({ ringing: [ringingCall()] });
    expect(world.notifier.pressed({ type: "ring_action", action: "answer", call_id: CALL })).toBe(true);
    expect(world.notifier.pressed({ type: "ring_action", action: "decline", call_id: CALL })).toBe(true);
    expect(world.pressed).toEqual([`answer ${CALL}`, `decline ${CALL}`]);
  });

  it("is shown of a colleague who asks, answers them, and closes itself when they have given up", async () => {
    const asked = { call_id: CALL, by: "Ana", party: ringingCall().party };
    await world.says({ asked, presence: "in_call" });
    expect(world.shown.map(({ title }) => title)).toEqual(["Ana asks"]);
    const tag = world.shown[0]?.options.tag ?? "";
    expect(world.shown[0]?.options.data).toEqual({ call_id: tag });
    world.notifier.pressed({ type: "ring_action", action: "answer", call_id: tag });
    world.notifier.pressed({ type: "ring_action", action: "decline", call_id: tag });
    expect(world.pressed).toEqual([`talk about ${CALL}`, `not now ${CALL}`]);
    await world.says({ asked: null, ringing: [ringingCall()] });
    expect(world.shown.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it("answers as soon as the page, woken by the press, knows of the call, and not long after", async () => {
    world.notifier.pressed({ type: "ring_action", action: "answer", call_id: CALL });
    world.now_s += 2;
    await world.says({ ringing: [ringingCall()] });
    expect(world.pressed).toEqual([`answer ${CALL}`]);
    await world.says({ ringing: [] });
    world.notifier.pressed({ type: "ring_action", action: "answer", call_id: CALL });
    world.now_s += 11;
    await world.says({ ringing: [ringingCall()] });
    expect(world.pressed).toHaveLength(1);
  });

  it("only shows the tab when it is pressed elsewhere than on a button, and only that of the phone", async () => {
    await world.says({ ringing: [ringingCall()] });
    world.notifier.pressed({ type: "ring_action", action: "", call_id: CALL });
    expect(world.pressed).toEqual([]);
    await world.says({ phone: "elsewhere" });
    expect(world.notifier.pressed({ type: "ring_action", action: "", call_id: CALL })).toBe(false);
  });
});
