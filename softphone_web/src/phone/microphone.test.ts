import { describe, expect, it } from "vitest";
import { defaultAudio, readAudioSettings, writeAudioSettings } from "./audio_settings";
import { microphoneProblem, openMicrophone } from "./microphone";

describe("a microphone error", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["SecurityError", "denied"],
    ["NotFoundError", "missing"],
    ["NotReadableError", "busy"],
    ["AbortError", "failed"],
    ["OverconstrainedError", "failed"],
  ] as const)("named %s means %s", (name, problem) => {
    expect(microphoneProblem(new DOMException("", name))).toBe(problem);
  });

  it("that is no error at all means failed", () => {
    expect(microphoneProblem(undefined)).toBe("failed");
    expect(microphoneProblem("NotAllowedError")).toBe("failed");
  });
});

describe("opening the microphone", () => {
  const track = { kind: "audio" } as MediaStreamTrack;

  function devices(answers: (DOMException | MediaStreamTrack)[]) {
    const asked: MediaTrackConstraints[] = [];
    const getUserMedia = async (constraints?: MediaStreamConstraints): Promise<MediaStream> => {
      asked.push(constraints?.audio as MediaTrackConstraints);
      const answer = answers.shift();
      if (answer instanceof DOMException) throw answer;
      return { getAudioTracks: () => [answer] } as unknown as MediaStream;
    };
    return { asked, getUserMedia };
  }

  it("asks for the chosen device and processing", async () => {
    const browser = devices([track]);
    const settings = { ...defaultAudio, echoCancellation: false, microphoneId: "headset" };
    expect(await openMicrophone(settings, browser)).toEqual({ ok: true, track, switchedToDefault: false });
    expect(browser.asked).toEqual([
      { echoCancellation: false, noiseSuppression: true, autoGainControl: true, deviceId: { exact: "headset" } },
    ]);
  });

  it("takes the default one when the chosen one is gone", async () => {
    const browser = devices([new DOMException("", "OverconstrainedError"), track]);
    const opened = await openMicrophone({ ...defaultAudio, microphoneId: "unplugged" }, browser);
    expect(opened).toEqual({ ok: true, track, switchedToDefault: true });
    expect(browser.asked[1]).not.toHaveProperty("deviceId");
  });

  it("does not ask twice when the agent said no", async () => {
    const browser = devices([new DOMException("", "NotAllowedError")]);
    const opened = await openMicrophone({ ...defaultAudio, microphoneId: "headset" }, browser);
    expect(opened).toEqual({ ok: false, problem: "denied" });
    expect(browser.asked).toHaveLength(1);
  });

  it("fails plainly on a page that may not have one", async () => {
    expect(await openMicrophone(defaultAudio, undefined)).toEqual({ ok: false, problem: "failed" });
  });
});

describe("audio settings", () => {
  it("come back as they were stored", () => {
    const settings = { ...defaultAudio, noiseSuppression: false, speakerId: "desk" };
    writeAudioSettings(settings);
    expect(readAudioSettings()).toEqual(settings);
  });

  it.each(["", "{", "null", "[1]", '{"echoCancellation":"no","microphoneId":7}'])(
    "are the default for %j",
    (stored) => {
      localStorage.setItem("ramal.audio", stored);
      expect(readAudioSettings()).toEqual(defaultAudio);
    },
  );
});
