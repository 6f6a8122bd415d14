import { useEffect, useState } from "react";
import { useDesk } from "../desk/DeskProvider";

export interface Device {
  id: string;
  label: string;
}

export interface AudioDevices {
  microphones: Device[];
  speakers: Device[];
}

/** What is plugged in. Names come with the microphone's permission; until then the lists may be empty. */
export function useAudioDevices(): AudioDevices {
  const { microphone } = useDesk();
  const [devices, setDevices] = useState<AudioDevices>({ microphones: [], speakers: [] });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a granted microphone makes the names readable
  useEffect(() => {
    const done = new AbortController();
    async function read(): Promise<void> {
      const found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
      if (!done.signal.aborted)
        setDevices({ microphones: of(found, "audioinput"), speakers: of(found, "audiooutput") });
    }
    void read();
    navigator.mediaDevices?.addEventListener("devicechange", read, { signal: done.signal });
    return () => done.abort();
  }, [microphone]);
  return devices;
}

/** Chromium lists the default device twice, once under its own name; the page says "system default" itself. */
function of(found: MediaDeviceInfo[], kind: MediaDeviceKind): Device[] {
  return found
    .filter((device) => device.kind === kind && !["", "default", "communications"].includes(device.deviceId))
    .map((device) => ({ id: device.deviceId, label: device.label }));
}
