// Put into every page of the browser tests before its own code: notes when things happened, on the machine's clock,
// and records what the agent hears. Changes nothing of what the page does.
(() => {
  if (window.probe !== undefined) return;
  const WATCHED = ["ring-panel", "taken-note", "call-card"];
  const unixNow_s = () => (performance.timeOrigin + performance.now()) / 1000;

  const probe = {
    /** Socket.IO frames: {at_s, sent, text}. */
    frames: [],
    /** A watched element came or went: {at_s, what, there, call_id}. */
    moments: [],
    /** Milliseconds from the start of navigation to the first packet of audio that came in. */
    firstAudio_ms: null,
  };
  Object.defineProperty(window, "probe", { value: probe });

  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => note(data, false));
    }
    send(data) {
      note(data, true);
      super.send(data);
    }
  };
  function note(data, sent) {
    if (typeof data === "string") probe.frames.push({ at_s: unixNow_s(), sent, text: data });
  }

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      const watch = setInterval(() => {
        const heard = this.getReceivers().some((receiver) => receiver.getSynchronizationSources().length > 0);
        if (heard) probe.firstAudio_ms ??= performance.now();
        if (heard || this.connectionState === "closed") clearInterval(watch);
      }, 10);
    }
  };

  const shown = new Map();
  new MutationObserver(() => {
    for (const what of WATCHED) {
      const element = document.querySelector(`[data-testid=${what}]`);
      const call_id = element?.dataset.callId ?? null;
      const is = element === null ? "" : `there ${call_id}`;
      if (is === (shown.get(what) ?? "")) continue;
      shown.set(what, is);
      probe.moments.push({ at_s: unixNow_s(), what, there: element !== null, call_id });
    }
  }).observe(document, { childList: true, subtree: true, attributeFilter: ["data-call-id"] });

  /** What the page plays by itself, without the lines: the ringing tone. Silence while its context is suspended. */
  const connect = AudioNode.prototype.connect;
  let speaker = null;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode && to === this.context.destination) {
      speaker = speaker?.context === this.context ? speaker : this.context.createMediaStreamDestination();
      connect.call(this, speaker);
    }
    return connect.call(this, to, ...more);
  };

  const recordings = new Map();
  probe.startRecording = (line) => {
    const stream =
      line === "speaker" ? speaker.stream : document.querySelector(`[data-testid=${line}]`).srcObject;
    const recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus", audioBitsPerSecond: 96_000 });
    const pieces = [];
    recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    recorder.start();
    recordings.set(line, { recorder, pieces });
  };
  /** What was recorded of a line until now, as base64. */
  probe.recordedUntilNow = (line) => recorded(line, (recorder) => recorder.requestData(), "dataavailable");
  /** The recording of a line as base64. */
  probe.stopRecording = (line) => recorded(line, (recorder) => recorder.stop(), "stop");

  async function recorded(line, ask, answer) {
    const { recorder, pieces } = recordings.get(line);
    await new Promise((resolve) => {
      recorder.addEventListener(answer, resolve, { once: true });
      ask(recorder);
    });
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  }
})();
