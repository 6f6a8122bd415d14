/** A phone with everything around it faked: what it asks of the gateway and the browser is recorded. */
import { vi } from "vitest";
import type { DeskState, Events } from "../contract/messages";
import type { Answered, CommandName, SendCommand } from "../desk/connection";
import type { Gateway } from "../desk/DeskProvider";
import { DeskStore } from "../desk/store";
import { defaultAudio } from "../phone/audio_settings";
import type { OpenedMicrophone } from "../phone/microphone";
import { Phone } from "../phone/phone";
import { Seat } from "../phone/seat";
import { FakeConnection, FakeStream, FakeTrack } from "./fake_connection";
import { deskState } from "./states";

export class PhoneWorld {
  readonly store = new DeskStore();
  /** Commands in the order they were sent, e.g. `call.answer`. */
  readonly sent: string[] = [];
  readonly messages: [CommandName, object][] = [];
  readonly connections: FakeConnection[] = [];
  readonly opened: FakeTrack[] = [];
  /** What the next microphones are; a working one when empty. */
  readonly microphones: OpenedMicrophone[] = [];
  readonly answers = new Map<CommandName, Answered<CommandName>>();
  ringing = false;
  doubts = 0;
  soundUnlocks = true;
  now_s = 100;
  private revision = 1;
  readonly phone: Phone;
  readonly gateway: Gateway;
  private readonly hearing = new Map<string, Set<(message: never) => void>>();

  constructor() {
    vi.stubGlobal("MediaStream", FakeStream);
    const send: SendCommand = async (name, message) => {
      this.sent.push(name);
      this.messages.push([name, message]);
      const answer = this.answers.get(name);
      if (answer !== undefined) return answer as never;
      const ack = { ok: true, understood: name, seat_id: `seat-${this.connections.length}`, sdp: "v=0 answer" };
      return { ok: true, ack } as never;
    };
    this.gateway = {
      send,
      listen: (event, hear) => {
        const all = this.hearing.get(event) ?? new Set();
        this.hearing.set(event, all.add(hear as (message: never) => void));
        return () => all.delete(hear as (message: never) => void);
      },
    };
    this.phone = new Phone({
      store: this.store,
      send,
      doubtLink: () => {
        this.doubts += 1;
      },
      sound: {
        unlock: async () => this.soundUnlocks,
        hear: () => undefined,
        useSpeaker: async () => undefined,
        startRinging: () => {
          this.ringing = true;
        },
        stopRinging: () => {
          this.ringing = false;
        },
        close: () => undefined,
      },
      settings: () => defaultAudio,
      openMicrophone: async () =>
        this.microphones.shift() ?? { ok: true, track: this.newTrack().real, switchedToDefault: false },
      makeSeat: (microphone, listener, paths) =>
        new Seat(microphone, listener, paths, (configuration) => {
          const connection = new FakeConnection(configuration);
          this.connections.push(connection);
          return connection.real;
        }),
      now_s: () => this.now_s,
    });
    this.phone.start();
    this.store.dispatch({ type: "link_up" });
  }

  /** The gateway says so. */
  says(changes: Partial<DeskState>): void {
    this.revision += 1;
    const state = deskState({ revision: this.revision, ...changes });
    this.store.dispatch({ type: "state", state, now_unix_s: state.server_unix_s });
  }

  /** The gateway sends this to whoever listens. */
  tells<E extends keyof Events>(event: E, message: Events[E]): void {
    for (const hear of this.hearing.get(event) ?? []) hear(message as never);
  }

  get connection(): FakeConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error("no seat was made");
    return last;
  }

  get microphone(): FakeTrack {
    const last = this.opened.at(-1);
    if (last === undefined) throw new Error("no microphone was opened");
    return last;
  }

  /** What the seat's main line sends now. */
  get sends(): string {
    return this.connection.log.findLast((line) => line.startsWith("send "))?.slice(5) ?? this.opened[0]?.name ?? "";
  }

  private newTrack(): FakeTrack {
    const track = new FakeTrack(`microphone ${this.opened.length + 1}`);
    this.opened.push(track);
    return track;
  }

  /** Lets everything that was promised happen, and `seconds` pass. */
  async pass(seconds = 0): Promise<void> {
    const steps = Math.round(seconds * 5);
    for (let step = 0; step < steps; step++) {
      this.now_s += 0.2;
      await vi.advanceTimersByTimeAsync(200);
    }
    await vi.advanceTimersByTimeAsync(0);
  }
}
