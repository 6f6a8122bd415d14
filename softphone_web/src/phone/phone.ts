/**
 * The phone of one tab: keeps microphone, sound and seat in the shape that the desk's state asks for, and carries out
 * what the agent presses. Knows no framework; everything of the browser comes in through `PhoneParts`.
 */
import type { Availability, Relays, Way } from "../contract/messages";
import type { SendCommand } from "../desk/connection";
import { isAsked, isMuted, microphoneFailed, phoneIsElsewhere, ringingHere, seatIsWanted, speaks } from "../desk/desk";
import type { DeskStore } from "../desk/store";
import type { AudioSettings } from "./audio_settings";
import { CallCommands } from "./call_commands";
import type { OpenedMicrophone } from "./microphone";
import { PathWatch } from "./path_watch";
import type { Seat, SeatListener, SeatPaths } from "./seat";
import type { Sound } from "./sound";
import { SoundReport } from "./sound_report";
import { every } from "./ticker";

export interface PhoneParts {
  store: DeskStore;
  send: SendCommand;
  /** See `Connection.doubt`. */
  doubtLink: () => void;
  sound: Pick<Sound, "unlock" | "hear" | "useSpeaker" | "startRinging" | "stopRinging" | "close">;
  settings: () => AudioSettings;
  openMicrophone: (settings: AudioSettings) => Promise<OpenedMicrophone>;
  makeSeat: (microphone: MediaStreamTrack, listener: SeatListener, paths: SeatPaths) => Seat;
  /** A clock that never goes back. */
  now_s: () => number;
}

const UPKEEP_MS = 200;
const CONNECT_WITHIN_S = 6;
const SETTLED_S = 10;
const BELIEVED_MISSING_S = 3;
const LONGEST_RETRY_S = 10;

export class Phone extends CallCommands<PhoneParts> {
  private microphone: MediaStreamTrack | null = null;
  private seat: Seat | null = null;
  private preparation: Promise<void> | null = null;
  private renewal: Promise<void> | null = null;
  /** Off after a microphone problem: asking again by itself would only fail again. */
  private mayTryAlone = true;
  private toneTest = false;
  /** Its seat is lent for a check, and sends. */
  private lent = false;
  private watch = new PathWatch();
  private readonly soundReport = new SoundReport();
  /** The seat is lost, and its successor must wait for `retryAt_s`. */
  private seatIsLost = false;
  private seatSince_s = 0;
  private retryAt_s = 0;
  private failures = 0;
  private relays: RTCIceServer[] = [];
  private stopUpkeep: () => void = () => undefined;
  private unsubscribe: () => void = () => undefined;

  start(): void {
    this.unsubscribe = this.parts.store.subscribe(() => this.follow());
    this.stopUpkeep = every(UPKEEP_MS, () => void this.lookAfterSeat());
    void this.parts.sound.useSpeaker(this.parts.settings().speakerId);
  }

  stop(): void {
    this.unsubscribe();
    this.stopUpkeep();
    this.release();
    this.parts.sound.close();
  }

  // ---- what the agent presses ---------------------------------------------------------------------------------------

  /** Call it inside the click: browsers unlock sound only there. */
  async getReady(): Promise<void> {
    const unlocked = this.unlock();
    await this.prepare(unlocked);
    await this.setAvailability("ready");
  }

  async goOffline(): Promise<void> {
    const answered = await this.command("availability.set", { availability: "offline" });
    if (answered.ok && !speaks(this.desk)) this.release();
  }

  /** Makes this tab the agent's phone, once it has a microphone to be one with. */
  async takeOver(): Promise<void> {
    const unlocked = this.unlock();
    await this.prepare(unlocked, async () => {
      const taken = await this.command("seat.take_over", {});
      if (taken.ok) this.parts.store.dispatch({ type: "taken_over" });
      return taken.ok;
    });
  }

  async answer(call_id: string): Promise<void> {
    if (this.desk.answering !== null) return;
    this.parts.store.dispatch({ type: "answer_pressed", call_id });
    await this.seat?.speak(this.microphone);
    const answered = await this.command("call.answer", { call_id });
    if (!answered.ok) this.parts.store.dispatch({ type: "answer_refused" });
  }

  async answerConsult(call_id: string): Promise<void> {
    const unlocked = this.unlock();
    await this.seat?.speak(this.microphone);
    await unlocked;
    await this.command("consult.answer", { call_id });
  }

  /** Come into a colleague's call, or go on in it in another way. Whoever takes no calls has no phone yet: it is made,
   * without their being offered any. */
  async supervise(call_id: string, way: Way): Promise<void> {
    const unlocked = this.unlock();
    await this.seated(unlocked);
    const command = (
      { listen: "supervise.listen", whisper: "supervise.whisper", barge_in: "supervise.barge_in" } as const
    )[way];
    await this.command(command, { call_id });
  }

  async takeCallOver(call_id: string): Promise<void> {
    await this.seated(this.unlock());
    await this.command("supervise.take_over", { call_id });
  }

  /** After a microphone problem, or to see whether the microphone works at all. */
  async tryMicrophone(): Promise<void> {
    const unlocked = this.unlock();
    if (seatIsWanted(this.desk)) return this.prepare(unlocked);
    await this.needMicrophone();
    await this.reportAudio();
  }

  /** A seat as a call has it, which sends the microphone to nobody; null: there is none. To be given back. */
  async lendSeat(): Promise<Seat | null> {
    if (phoneIsElsewhere(this.desk) || this.desk.link !== "connected") return null;
    this.lent = true;
    await this.prepare(this.unlock());
    this.follow();
    return this.seat;
  }

  returnSeat(): void {
    this.lent = false;
    this.follow();
    if (!seatIsWanted(this.desk)) this.dropSeat();
  }

  /** Lets the agent hear the ringing tone. */
  testTone(on: boolean): void {
    this.toneTest = on;
    void this.unlock();
    this.follow();
  }

  /** The audio page was left; a microphone that no seat uses is given back. */
  endTests(): void {
    this.toneTest = false;
    this.follow();
    if (this.seat === null && this.preparation === null) this.letMicrophoneGo();
  }

  /** The open microphone, for showing its level. */
  get microphoneTrack(): MediaStreamTrack | null {
    return this.microphone;
  }

  async unlockSound(): Promise<void> {
    await this.unlock();
    await this.reportAudio();
  }

  /** New device or processing: the running call goes on with it. */
  async useAudio(settings: AudioSettings): Promise<void> {
    await this.parts.sound.useSpeaker(settings.speakerId);
    if (this.microphone === null) return;
    this.letMicrophoneGo();
    await this.needMicrophone();
    await this.reportAudio();
  }

  /** A device came or went, or the browser's permission changed. */
  devicesChanged(): void {
    void this.parts.sound.useSpeaker(this.parts.settings().speakerId);
    if (!microphoneFailed(this.desk)) return;
    this.mayTryAlone = true;
    // In a call the seat outlives a microphone: the next one goes on with it.
    if (this.seat !== null && seatIsWanted(this.desk)) void this.prepare(null);
    else this.follow();
  }

  // ---- what the gateway says ----------------------------------------------------------------------------------------

  /** A report makes its tab the phone: after an interruption only the tab that was it speaks up. */
  linkUp(): void {
    if (this.seat !== null) void this.reportAudio();
  }

  /** For seats that are made from now on. */
  useRelays({ urls, username, credential }: Relays): void {
    this.relays = [{ urls, username, credential }];
  }

  seatLost(seat_id: string): void {
    if (this.seat?.id === seat_id) this.renewSeatSoon();
  }

  /** The browser let the page be heard, or does no more. */
  soundIs(unlocked: boolean): void {
    if (this.desk.soundUnlocked === unlocked) return;
    this.parts.store.dispatch({ type: "sound", unlocked });
    void this.reportAudio();
  }

  // ---- keeping up ---------------------------------------------------------------------------------------------------

  private get desk() {
    return this.parts.store.current();
  }

  /** Brings tone, microphone and seat in line with the state. Cheap, and called after every change. */
  private follow(): void {
    const desk = this.desk;
    const ringing = (ringingHere(desk).length > 0 && desk.answering === null) || isAsked(desk);
    if (ringing || (this.toneTest && !speaks(desk))) this.parts.sound.startRinging();
    else this.parts.sound.stopRinging();
    this.sendOrHushMicrophone();
    if (this.preparation !== null) return;
    if (phoneIsElsewhere(desk)) this.release();
    else if (seatIsWanted(desk) && this.seat === null && this.mayTryAlone && this.parts.now_s() >= this.retryAt_s) {
      void this.prepare(null);
    }
  }

  private sendOrHushMicrophone(): void {
    if (this.microphone !== null) this.microphone.enabled = !isMuted(this.desk);
    void this.seat?.speak(this.sends() ? this.microphone : null);
  }

  private sends(): boolean {
    return this.lent || speaks(this.desk);
  }

  private async lookAfterSeat(): Promise<void> {
    const seat = this.seat;
    if (seat === null) return this.follow();
    const state = this.desk.state;
    if (this.seatIsLost) return this.renewSeatSoon();
    const age_s = this.parts.now_s() - this.seatSince_s;
    if (this.desk.seat === "connecting") {
      if (age_s > CONNECT_WITHIN_S) this.renewSeatSoon();
      return;
    }
    if (age_s > SETTLED_S) this.failures = 0;
    if (seatIsWanted(this.desk) && state?.missing.includes("seat") && age_s > BELIEVED_MISSING_S) this.renewSeatSoon();
    if (state?.call?.phase !== "talking") {
      this.watch = new PathWatch();
      return;
    }
    const packets = await seat.inboundPackets();
    if (seat !== this.seat) return;
    const news = this.soundReport.saw(state.call.call_id, packets.audio, this.microphone, this.parts.now_s());
    if (news !== null) void this.parts.send("sound.report", news);
    if (!this.watch.saw(packets, this.parts.now_s())) return;
    this.parts.doubtLink();
    this.renewSeatSoon();
  }

  /** Microphone, sound, seat, in this order: with a granted microphone browsers let sound play without a click. */
  private prepare(unlocked: Promise<void> | null, before?: () => Promise<boolean>): Promise<void> {
    this.preparation ??= later(() => this.prepareOnce(unlocked, before)).finally(() => {
      this.preparation = null;
      this.parts.store.dispatch({ type: "prepared" });
    });
    return this.preparation;
  }

  private async prepareOnce(unlocked: Promise<void> | null, before?: () => Promise<boolean>): Promise<void> {
    this.parts.store.dispatch({ type: "preparing" });
    const microphone = await this.needMicrophone();
    await (unlocked ?? this.unlock());
    this.mayTryAlone = microphone !== null;
    if (before !== undefined && (microphone === null || !(await before()))) return;
    await this.reportAudio();
    if (microphone !== null && !this.seatIsGood()) await this.renewSeat();
  }

  /** Until the gateway has heard of a seat of this tab; or not, which the next command is told. */
  private async seated(unlocked: Promise<void>): Promise<void> {
    if (this.seatIsGood() || phoneIsElsewhere(this.desk)) return unlocked;
    await this.prepare(unlocked);
    if (this.seat === null || this.seatIsGood()) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const stop = this.parts.store.subscribe(() => this.seatIsGood() && done());
      const timer = setTimeout(done, CONNECT_WITHIN_S * 1000);
    });
  }

  private seatIsGood(): boolean {
    const state = this.desk.state;
    return (
      this.seat !== null && this.desk.seat !== "none" && state?.phone === "here" && !state.missing.includes("seat")
    );
  }

  private renewSeatSoon(): void {
    if (this.renewal !== null || this.preparation !== null) return;
    this.seatIsLost = true;
    if (!seatIsWanted(this.desk)) this.dropSeat();
    else if (this.parts.now_s() >= this.retryAt_s) void this.renewSeat();
  }

  private renewSeat(): Promise<void> {
    this.renewal ??= later(() => this.renewSeatOnce()).finally(() => {
      this.renewal = null;
    });
    return this.renewal;
  }

  /** A new seat on the same microphone; the old one goes when the gateway has the new one's answer. */
  private async renewSeatOnce(): Promise<void> {
    const microphone = await this.needMicrophone();
    if (microphone === null) return;
    const old = this.seat;
    const listener: SeatListener = {
      connected: () => {
        if (this.seat === seat) this.parts.store.dispatch({ type: "seat", seat: "connected" });
      },
      broken: () => {
        if (this.seat === seat) this.renewSeatSoon();
      },
      heard: (line, stream) => {
        if (this.seat === seat) this.parts.sound.hear(line, stream);
      },
    };
    // A direct path may let checks through and nothing else: what failed once is tried without it every other time.
    const relayOnly = this.relays.length > 0 && this.failures % 2 === 1;
    const seat: Seat = this.parts.makeSeat(microphone, listener, { relays: this.relays, relayOnly });
    this.seat = seat;
    this.seatIsLost = false;
    this.watch = new PathWatch();
    this.seatSince_s = this.parts.now_s();
    this.retryAt_s = this.seatSince_s + Math.min(LONGEST_RETRY_S, 0.5 * 2 ** this.failures);
    this.failures += 1;
    this.parts.store.dispatch({ type: "seat", seat: "connecting" });
    const offered = await seat
      .offer(
        async (sdp) => {
          const answered = await this.command("seat.offer", { sdp });
          return answered.ok ? answered.ack : null;
        },
        this.sends() ? microphone : null,
      )
      .catch(() => false);
    old?.close();
    if (!offered && this.seat === seat) this.dropSeat();
    else this.sendOrHushMicrophone();
  }

  private dropSeat(): void {
    if (this.seat === null) return;
    this.seat.close();
    this.seat = null;
    this.seatIsLost = false;
    this.parts.store.dispatch({ type: "seat", seat: "none" });
  }

  /** Gives microphone and connection back: this tab is not the phone. */
  private release(): void {
    this.parts.sound.stopRinging();
    this.dropSeat();
    this.letMicrophoneGo();
  }

  // ---- microphone and sound -----------------------------------------------------------------------------------------

  private async needMicrophone(): Promise<MediaStreamTrack | null> {
    if (this.microphone?.readyState === "live") return this.microphone;
    const opened = await this.parts.openMicrophone(this.parts.settings());
    if (!opened.ok) {
      this.parts.store.dispatch({ type: "microphone", microphone: opened.problem });
      return null;
    }
    const { track } = opened;
    this.letMicrophoneGo();
    this.microphone = track;
    track.addEventListener("ended", () => void this.microphoneEnded(track));
    this.parts.store.dispatch({ type: "microphone", microphone: "ok" });
    if (opened.switchedToDefault) this.parts.store.dispatch({ type: "microphone_switched", name: track.label });
    this.sendOrHushMicrophone();
    return track;
  }

  /** Unplugged, or the permission was taken back: the default microphone takes over, if there is one. */
  private async microphoneEnded(track: MediaStreamTrack): Promise<void> {
    if (this.microphone !== track) return;
    this.microphone = null;
    const next = await this.needMicrophone();
    if (next !== null) this.parts.store.dispatch({ type: "microphone_switched", name: next.label });
    await this.reportAudio();
  }

  private letMicrophoneGo(): void {
    const track = this.microphone;
    this.microphone = null;
    if (track === null) return;
    track.stop();
    if (this.desk.microphone === "ok") this.parts.store.dispatch({ type: "microphone", microphone: "unknown" });
  }

  private async unlock(): Promise<void> {
    const unlocked = await this.parts.sound.unlock();
    this.parts.store.dispatch({ type: "sound", unlocked });
  }

  private async reportAudio(): Promise<void> {
    const { microphone, soundUnlocked, link } = this.desk;
    if (microphone === "unknown" || link !== "connected") return;
    await this.parts.send("audio.report", { microphone, sound_unlocked: soundUnlocked === true });
  }

  private async setAvailability(availability: Availability): Promise<void> {
    await this.command("availability.set", { availability });
  }
}

/** Starts in a moment, so that what it dispatches already finds it under way. */
function later(start: () => Promise<void>): Promise<void> {
  return Promise.resolve().then(start);
}
