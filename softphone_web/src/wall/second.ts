/** One clock for all times of the wall: each place that shows one is drawn anew by itself, once a second. */
import { createContext, useContext, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const one of [...listeners]) one();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

let second = 0;

/** The time now, the same for everybody who asks within a second. */
function thisSecond(): number {
  const now_s = Date.now() / 1000;
  if (now_s < second || now_s >= second + 1) second = now_s;
  return second;
}

/** The gateway's clock minus this computer's, in seconds. */
export const ClockOffset = createContext(0);

/** Seconds since then, on the gateway's clock; never below zero. */
export function useSecondsSince(unix_s: number): number {
  const offset_s = useContext(ClockOffset);
  const now_s = useSyncExternalStore(subscribe, thisSecond);
  return Math.max(0, now_s + offset_s - unix_s);
}
