// This browser's ear, and its microphone when the person speaks as the customer.

export class MicrophoneDenied extends Error {}

/** A connection to the simulator: `offer` goes with the call, `accept` takes its answer. */
export class Sound {
  /** `speaks`: with the microphone; otherwise this browser only listens. Throws MicrophoneDenied. */
  static async open(speaks, audioElement) {
    const sound = new Sound();
    if (speaks) {
      try {
        sound.microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
      } catch {
        throw new MicrophoneDenied();
      }
    }
    const connection = (sound.connection = new RTCPeerConnection());
    connection.ontrack = ({ track }) => {
      audioElement.srcObject = new MediaStream([track]);
      audioElement.play().catch(() => {});
    };
    if (speaks) connection.addTransceiver(sound.microphone.getAudioTracks()[0], { direction: "sendrecv" });
    else connection.addTransceiver("audio", { direction: "recvonly" });
    await connection.setLocalDescription();
    sound.offer = connection.localDescription.sdp;
    return sound;
  }

  async accept(answer) {
    await this.connection.setRemoteDescription({ type: "answer", sdp: answer });
  }

  close() {
    this.connection?.close();
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
  }
}
