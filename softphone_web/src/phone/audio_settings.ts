/** How this computer's agent wants microphone and speaker; remembered in the browser, not in the gateway. */
import { browserStorage, type Remembers } from "../storage";

export interface AudioSettings {
  echoCancellation: boolean;
  noiseSuppression: boolean;
  autoGainControl: boolean;
  /** null: the system's default. */
  microphoneId: string | null;
  speakerId: string | null;
}

export const AUDIO_KEY = "ramal.audio";

export const defaultAudio: AudioSettings = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  microphoneId: null,
  speakerId: null,
};

/** What is stored, field by field; anything odd in it becomes the default. */
export function readAudioSettings(storage: Remembers = browserStorage()): AudioSettings {
  const stored = parse(storage.getItem(AUDIO_KEY));
  const flag = (key: "echoCancellation" | "noiseSuppression" | "autoGainControl"): boolean =>
    typeof stored[key] === "boolean" ? stored[key] : defaultAudio[key];
  const device = (key: "microphoneId" | "speakerId"): string | null =>
    typeof stored[key] === "string" && stored[key] !== "" ? stored[key] : null;
  return {
    echoCancellation: flag("echoCancellation"),
    noiseSuppression: flag("noiseSuppression"),
    autoGainControl: flag("autoGainControl"),
    microphoneId: device("microphoneId"),
    speakerId: device("speakerId"),
  };
}

export function writeAudioSettings(settings: AudioSettings, storage: Remembers = browserStorage()): void {
  storage.setItem(AUDIO_KEY, JSON.stringify(settings));
}

function parse(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
