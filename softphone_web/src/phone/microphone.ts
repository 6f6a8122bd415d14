/** Opening the microphone, and what its errors mean. */
import type { Microphone } from "../contract/messages";
import type { AudioSettings } from "./audio_settings";

export type MicrophoneProblem = Exclude<Microphone, "unknown" | "ok">;

export type OpenedMicrophone =
  | { ok: true; track: MediaStreamTrack; switchedToDefault: boolean }
  | { ok: false; problem: MicrophoneProblem };

/** The names of getUserMedia's errors (Media Capture and Streams §9.2), as the gateway knows them. */
export function microphoneProblem(error: unknown): MicrophoneProblem {
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
      return "missing";
    case "NotReadableError":
      return "busy";
    default:
      return "failed";
  }
}

/** The chosen microphone; when that one is gone, the default one. */
export async function openMicrophone(
  settings: AudioSettings,
  devices: Pick<MediaDevices, "getUserMedia"> | undefined = navigator.mediaDevices,
): Promise<OpenedMicrophone> {
  // Browsers hide the microphone from pages that are not served over HTTPS.
  if (devices === undefined) return { ok: false, problem: "failed" };
  try {
    return { ok: true, track: await open(devices, settings, settings.microphoneId), switchedToDefault: false };
  } catch (error) {
    const chosenIsGone =
      settings.microphoneId !== null && ["NotFoundError", "OverconstrainedError"].includes(nameOf(error));
    if (!chosenIsGone) return { ok: false, problem: microphoneProblem(error) };
  }
  try {
    return { ok: true, track: await open(devices, settings, null), switchedToDefault: true };
  } catch (error) {
    return { ok: false, problem: microphoneProblem(error) };
  }
}

async function open(
  devices: Pick<MediaDevices, "getUserMedia">,
  settings: AudioSettings,
  deviceId: string | null,
): Promise<MediaStreamTrack> {
  const { echoCancellation, noiseSuppression, autoGainControl } = settings;
  const audio: MediaTrackConstraints = { echoCancellation, noiseSuppression, autoGainControl };
  if (deviceId !== null) audio.deviceId = { exact: deviceId };
  const stream = await devices.getUserMedia({ audio, video: false });
  const [track] = stream.getAudioTracks();
  if (track === undefined) throw new DOMException("no audio track", "NotFoundError");
  return track;
}

function nameOf(error: unknown): string {
  return typeof error === "object" && error !== null && "name" in error ? String(error.name) : "";
}
