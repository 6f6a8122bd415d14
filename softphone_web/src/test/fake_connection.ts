/** An RTCPeerConnection that records what is done to it. */
export class FakeTrack extends EventTarget {
  readonly kind = "audio";
  enabled = true;
  readyState: MediaStreamTrackState = "live";
  constructor(readonly name: string) {
    super();
  }
  readonly muted = false;
  get label(): string {
    return this.name;
  }
  stop(): void {
    this.readyState = "ended";
  }
  unplug(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
  get real(): MediaStreamTrack {
    return this as unknown as MediaStreamTrack;
  }
}

export class FakeStream {
  constructor(readonly tracks: unknown[]) {}
}

export class FakeConnection extends EventTarget {
  readonly log: string[] = [];
  readonly transceivers: {
    init: RTCRtpTransceiverInit;
    mid: string;
    sender: { replaceTrack: (t: unknown) => Promise<void> };
  }[] = [];
  connectionState: RTCPeerConnectionState = "new";
  localDescription: { sdp: string } | null = null;
  remote: RTCSessionDescriptionInit | null = null;
  stats: object[] = [];

  constructor(readonly configuration: RTCConfiguration = {}) {
    super();
  }

  addTransceiver(track: FakeTrack | string, init: RTCRtpTransceiverInit) {
    this.log.push(`transceiver ${typeof track === "string" ? track : track.name} ${init.direction}`);
    const sender = {
      replaceTrack: async (next: unknown) => {
        this.log.push(`send ${next instanceof FakeTrack ? next.name : String(next)}`);
      },
    };
    const transceiver = { init, mid: String(this.transceivers.length), sender };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  async setLocalDescription(): Promise<void> {
    this.log.push("offer made");
    this.localDescription = { sdp: "v=0 offer" };
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.log.push("answer set");
    this.remote = description;
  }

  async getStats() {
    return new Map(this.stats.map((report, index) => [String(index), report]));
  }

  close(): void {
    this.log.push("closed");
    this.become("closed");
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  bring(line: 0 | 1, track: FakeTrack): void {
    this.dispatchEvent(Object.assign(new Event("track"), { track, transceiver: this.transceivers[line] }));
  }

  get real(): RTCPeerConnection {
    return this as unknown as RTCPeerConnection;
  }
}
