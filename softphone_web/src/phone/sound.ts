/** What the agent hears: the two lines of the seat, and the ringing tone. Owns the page's audio elements. */
import { ringToneTurn } from "./ring_tone";

const UNLOCK_WITHIN_MS = 1_500;
const LINE_NAMES = ["remote-audio", "remote-audio-second"] as const;

/** Firefox and Safari choose the speaker themselves, or offer this for elements only. */
interface Output {
  setSinkId?: (id: string) => Promise<void>;
}

export class Sound {
  private context: AudioContext | null = null;
  private ring: AudioBufferSourceNode | null = null;
  private speakerId = "";
  private readonly elements: readonly [HTMLAudioElement, HTMLAudioElement];

  /** `changed` hears whether the browser plays, whenever it finds out: Firefox may take seconds to open a speaker. */
  constructor(private readonly changed: (unlocked: boolean) => void) {
    this.elements = [audioElement(LINE_NAMES[0]), audioElement(LINE_NAMES[1])];
  }

  /**
   * Makes the page audible; call it inside a click, or after the microphone is granted. Resolves to whether sound plays
   * now: browsers leave `resume()` pending for ever when they will not allow it.
   */
  async unlock(): Promise<boolean> {
    const context = this.audioContext();
    const tick = context.createBufferSource();
    tick.buffer = context.createBuffer(1, 1, context.sampleRate);
    tick.connect(context.destination);
    tick.start();
    for (const element of this.elements) if (element.srcObject !== null) this.play(element);
    if (context.state !== "running") {
      const tooLate = new Promise((resolve) => setTimeout(resolve, UNLOCK_WITHIN_MS));
      await Promise.race([context.resume().catch(() => undefined), tooLate]);
    }
    return isRunning(context);
  }

  hear(line: 0 | 1, stream: MediaStream): void {
    const element = this.elements[line];
    element.srcObject = stream;
    this.play(element);
  }

  /** Call it also when a device came or went: the chosen speaker is used while it is there, else the default one. */
  async useSpeaker(speakerId: string | null): Promise<void> {
    this.speakerId = speakerId ?? "";
    const used = (await isPluggedIn(this.speakerId)) ? this.speakerId : "";
    const outputs = [...this.elements, ...(this.context === null ? [] : [this.context])] as Output[];
    // A speaker that is gone leaves the sound where it was: on the default one.
    await Promise.all(outputs.map((output) => output.setSinkId?.(used).catch(() => undefined)));
  }

  startRinging(): void {
    if (this.ring !== null) return;
    const context = this.audioContext();
    const turn = ringToneTurn(context.sampleRate);
    const buffer = context.createBuffer(1, turn.length, context.sampleRate);
    buffer.copyToChannel(turn, 0);
    this.ring = context.createBufferSource();
    this.ring.buffer = buffer;
    this.ring.loop = true;
    this.ring.connect(context.destination);
    this.ring.start();
  }

  stopRinging(): void {
    this.ring?.stop();
    this.ring?.disconnect();
    this.ring = null;
  }

  close(): void {
    this.stopRinging();
    for (const element of this.elements) {
      element.srcObject = null;
      element.remove();
    }
    void this.context?.close();
    this.context = null;
  }

  private audioContext(): AudioContext {
    if (this.context === null) {
      const context = new AudioContext({ latencyHint: "interactive" });
      context.addEventListener("statechange", () => {
        if (context.state !== "closed") this.changed(isRunning(context));
      });
      this.context = context;
      void this.useSpeaker(this.speakerId);
    }
    return this.context;
  }

  private play(element: HTMLAudioElement): void {
    element.play().catch((error: unknown) => {
      // A newer stream interrupts an older play(): that is an AbortError and nobody's trouble.
      if (error instanceof DOMException && error.name === "NotAllowedError") this.changed(false);
    });
  }
}

async function isPluggedIn(speakerId: string): Promise<boolean> {
  if (speakerId === "") return true;
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.some((device) => device.kind === "audiooutput" && device.deviceId === speakerId);
}

function isRunning(context: AudioContext): boolean {
  return context.state === "running";
}

function audioElement(name: string): HTMLAudioElement {
  const element = document.createElement("audio");
  element.autoplay = true;
  element.dataset.testid = name;
  document.body.append(element);
  return element;
}
