/** When silence on a connection means that its path is dead. Pure; fed with packet counts, some times a second. */
export interface InboundPackets {
  /** Audio packets of the main line. */
  audio: number;
  /** Everything that came over the connection, reports included; 0 where the browser does not say. */
  all: number;
}

const AUDIO_STOPPED_S = 1.0;
/** While the customer's phone sends nothing (their microphone is off) only the gateway's reports come, now and then. */
const REPORTS_STOPPED_S = 6.0;

export class PathWatch {
  private packets: InboundPackets | null = null;
  private audioAt_s = Number.NEGATIVE_INFINITY;
  private anyAt_s = 0;

  /** Whether the path is dead. Nothing is said before the first packet: a new seat may still be connecting. */
  saw(packets: InboundPackets, now_s: number): boolean {
    const before = this.packets ?? packets;
    const first = this.packets === null;
    this.packets = packets;
    if (packets.audio > before.audio) this.audioAt_s = now_s;
    if (first || packets.all > before.all || packets.audio > before.audio) this.anyAt_s = now_s;
    if (packets.audio === 0 && packets.all === 0) return false;
    const audioFlowed = packets.all > 0 && this.anyAt_s - this.audioAt_s <= AUDIO_STOPPED_S;
    return now_s - this.anyAt_s > (audioFlowed ? AUDIO_STOPPED_S : REPORTS_STOPPED_S);
  }
}
