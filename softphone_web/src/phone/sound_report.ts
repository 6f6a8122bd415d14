/** What the gateway cannot see of a call's sound: whether its packets arrive, and how the microphone is. Pure. */
import type { PageMicrophone, ReportSound } from "../contract/messages";

const NOTHING_FOR_S = 1.5;

export class SoundReport {
  private told: ReportSound | null = null;
  private packets = -1;
  private packetAt_s = 0;

  /** What is new to the gateway, or null. `packets`: audio packets of the main line, ever. */
  saw(
    call_id: string,
    packets: number,
    microphone: Pick<MediaStreamTrack, "readyState" | "muted"> | null,
    now_s: number,
  ): ReportSound | null {
    if (packets !== this.packets || this.told?.call_id !== call_id) this.packetAt_s = now_s;
    this.packets = packets;
    const report: ReportSound = {
      call_id,
      hears: now_s - this.packetAt_s < NOTHING_FOR_S,
      microphone: stateOf(microphone),
    };
    const { told } = this;
    if (told?.call_id === call_id && told.hears === report.hears && told.microphone === report.microphone) return null;
    this.told = report;
    return report;
  }
}

function stateOf(microphone: Pick<MediaStreamTrack, "readyState" | "muted"> | null): PageMicrophone {
  if (microphone === null || microphone.readyState === "ended") return "ended";
  return microphone.muted ? "muted" : "live";
}
