/**
 * The seat: one peer connection to the gateway that stays up between calls, with two audio lines (main: microphone and
 * the other party; second: receive only). Negotiated once; who is heard is the gateway's business.
 */
import type { SeatAck } from "../contract/messages";
import type { InboundPackets } from "./path_watch";

/** How the browser may reach the gateway: `relayOnly` leaves out every direct path. */
export interface SeatPaths {
  relays: RTCIceServer[];
  relayOnly: boolean;
}

export const DIRECT: SeatPaths = { relays: [], relayOnly: false };

/** How sound gets to the gateway; null: not told yet. */
export interface PathFigures {
  connected: boolean;
  /** Through a TURN server. */
  relayed: boolean;
  /** There and back. */
  rtt_s: number | null;
  /** Of our packets, the share that the gateway missed. */
  loss: number | null;
  /** RFC 3550 §6.4.1, of our packets at the gateway. */
  jitter_s: number | null;
}

export type SendOffer = (sdp: string) => Promise<SeatAck | null>;

export interface SeatListener {
  connected(): void;
  /** The connection is over and this end did not close it. */
  broken(): void;
  /** A line has its sound: 0 is the main one. */
  heard(line: 0 | 1, stream: MediaStream): void;
}

export class Seat {
  id: string | null = null;
  private readonly connection: RTCPeerConnection;
  private readonly main: RTCRtpTransceiver;
  private speaking: MediaStreamTrack | null;
  private closed = false;

  constructor(
    microphone: MediaStreamTrack,
    private readonly listener: SeatListener,
    { relays, relayOnly }: SeatPaths = DIRECT,
    makeConnection: (configuration: RTCConfiguration) => RTCPeerConnection = (configuration) =>
      new RTCPeerConnection(configuration),
  ) {
    this.connection = makeConnection({
      bundlePolicy: "max-bundle",
      iceServers: relays,
      iceTransportPolicy: relayOnly ? "relay" : "all",
    });
    this.connection.addEventListener("connectionstatechange", () => this.connectionChanged());
    this.connection.addEventListener("track", ({ track, transceiver }) => {
      this.listener.heard(transceiver === this.main ? 0 : 1, new MediaStream([track]));
    });
    this.main = this.connection.addTransceiver(microphone, {
      direction: "sendrecv",
      streams: [new MediaStream([microphone])],
    });
    this.connection.addTransceiver("audio", { direction: "recvonly" });
    this.speaking = microphone;
  }

  /**
   * Offers the seat at once: no candidate is waited for, the gateway learns our address from our checks. `microphone`
   * is what the line sends from the first packet on; null for a seat that is idle. False when the gateway said no.
   */
  async offer(send: SendOffer, microphone: MediaStreamTrack | null): Promise<boolean> {
    await this.connection.setLocalDescription();
    await this.speak(microphone);
    const answer = await send(this.connection.localDescription?.sdp ?? "");
    if (this.closed || !answer?.ok || !answer.sdp) return false;
    this.id = answer.seat_id ?? null;
    await this.connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    return true;
  }

  /** Sends this track, or with null nothing at all: the device stays open, so the next word is not clipped. */
  async speak(microphone: MediaStreamTrack | null): Promise<void> {
    if (this.speaking === microphone || this.closed) return;
    this.speaking = microphone;
    await this.main.sender.replaceTrack(microphone);
  }

  async inboundPackets(): Promise<InboundPackets> {
    const packets: InboundPackets = { audio: 0, all: 0 };
    const mainMid = this.main.mid;
    for (const report of (await this.connection.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.mid === mainMid) packets.audio = report.packetsReceived ?? 0;
      if (report.type === "transport") packets.all = report.packetsReceived ?? 0;
    }
    return packets;
  }

  /** By what the gateway reports (RTCP), and by ICE. */
  async path(): Promise<PathFigures> {
    const reports = await this.connection.getStats();
    const figures: PathFigures = { connected: false, relayed: false, rtt_s: null, loss: null, jitter_s: null };
    figures.connected = this.connection.connectionState === "connected";
    let sent = 0;
    let lost: number | null = null;
    for (const report of reports.values()) {
      if (report.type === "outbound-rtp" && report.mid === this.main.mid) sent = report.packetsSent ?? 0;
      if (report.type === "remote-inbound-rtp") {
        lost = Math.max(0, report.packetsLost ?? 0);
        figures.jitter_s = report.jitter ?? null;
        figures.rtt_s = report.roundTripTime ?? figures.rtt_s;
      }
      if (report.type === "candidate-pair" && report.nominated && report.state === "succeeded") {
        figures.rtt_s ??= report.currentRoundTripTime ?? null;
        figures.relayed = reports.get(report.localCandidateId)?.candidateType === "relay";
      }
    }
    if (lost !== null && sent > 0) figures.loss = lost / sent;
    return figures;
  }

  close(): void {
    this.closed = true;
    this.connection.close();
  }

  private connectionChanged(): void {
    if (this.closed) return;
    const state = this.connection.connectionState;
    if (state === "connected") this.listener.connected();
    if (state === "failed" || state === "closed") this.listener.broken();
  }
}
