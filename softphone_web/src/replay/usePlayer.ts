import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { pastSilence, type Silence } from "./outline";

export type Trouble = "not_played" | "unplayable" | null;

export interface Player {
  audio: RefObject<HTMLAudioElement | null>;
  at_s: number;
  playing: boolean;
  /** An address is being asked for, or the sound is on its way. */
  opening: boolean;
  trouble: Trouble;
  speed: number;
  toggle: () => void;
  seek: (to_s: number) => void;
  setSpeed: (speed: number) => void;
}

const TRIES = 2;

/** Plays what `open` gives the address of: asked for when it is first played, and again when it has expired. `place`:
 * where it begins, in seconds, and where it is from then on. */
export function usePlayer(
  open: () => Promise<string>,
  duration_s: number,
  skipped: readonly Silence[],
  place?: RefObject<number>,
): Player {
  const audio = useRef<HTMLAudioElement | null>(null);
  const own_s = useRef(0);
  const wanted_s = place ?? own_s;
  const [at_s, setAt] = useState(wanted_s.current);
  const [playing, setPlaying] = useState(false);
  const [opening, setOpening] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>(null);
  const [speed, setSpeed] = useState(1);
  const tries = useRef(0);

  const load = useCallback(
    async (andPlay: boolean) => {
      const element = audio.current;
      if (element === null) return;
      if (element.canPlayType('audio/ogg; codecs="opus"') === "") return setTrouble("unplayable");
      setOpening(true);
      setTrouble(null);
      try {
        element.src = await open();
        element.currentTime = wanted_s.current;
        if (andPlay) await element.play();
      } catch (error) {
        // A newer wish took the place of this one: nothing is wrong.
        if (!(error instanceof DOMException && error.name === "AbortError")) setTrouble("not_played");
      } finally {
        setOpening(false);
      }
    },
    [open, wanted_s],
  );

  const toggle = useCallback(() => {
    const element = audio.current;
    if (element === null) return;
    if (!element.paused) element.pause();
    else if (element.getAttribute("src") === null || element.error !== null) void load(true);
    else void element.play().catch(() => setTrouble("not_played"));
  }, [load]);

  const seek = useCallback(
    (to_s: number) => {
      const element = audio.current;
      wanted_s.current = Math.max(0, Math.min(to_s, duration_s));
      setAt(wanted_s.current);
      if (element !== null && element.getAttribute("src") !== null) element.currentTime = wanted_s.current;
    },
    [duration_s, wanted_s],
  );

  useEffect(() => {
    if (audio.current !== null) audio.current.playbackRate = speed;
  }, [speed]);

  useEffect(() => {
    const element = audio.current;
    if (element === null) return;
    const listen: Partial<Record<keyof HTMLMediaElementEventMap, () => void>> = {
      play: () => setPlaying(true),
      pause: () => setPlaying(false),
      ended: () => setPlaying(false),
      playing: () => {
        tries.current = 0;
      },
      loadedmetadata: () => {
        element.playbackRate = speed;
      },
      // The address has expired, or the server was away: once more from here.
      error: () => {
        const wasPlaying = playing;
        setPlaying(false);
        if (element.getAttribute("src") === null) return;
        tries.current += 1;
        if (tries.current > TRIES) setTrouble("not_played");
        else void load(wasPlaying);
      },
    };
    const entries = Object.entries(listen) as [keyof HTMLMediaElementEventMap, () => void][];
    for (const [name, told] of entries) element.addEventListener(name, told);
    return () => {
      for (const [name, told] of entries) element.removeEventListener(name, told);
    };
  }, [load, playing, speed]);

  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      const element = audio.current;
      if (element === null) return;
      const next_s = pastSilence(skipped, element.currentTime);
      if (next_s !== null) element.currentTime = next_s;
      wanted_s.current = element.currentTime;
      setAt(element.currentTime);
    }, 100);
    return () => clearInterval(timer);
  }, [playing, skipped, wanted_s]);

  return { audio, at_s, playing, opening, trouble, speed, toggle, seek, setSpeed };
}
