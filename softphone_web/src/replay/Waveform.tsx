import { type KeyboardEvent, type PointerEvent, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { clockTime } from "../i18n/format";
import type { TimelineEvent } from "./marks";
import { lanePath, type Outline } from "./outline";
import styles from "./Replay.module.css";

const COLUMNS = 600;
const PAGE_S = 30;
export const STEP_S = 5;

interface Props {
  customer: Outline | null;
  agent: Outline | null;
  events: readonly TimelineEvent[];
  at_s: number;
  duration_s: number;
  seek: (to_s: number) => void;
}

/** Both voices over the time of the call, what happened on it, and where we are: a slider. */
export function Waveform({ customer, agent, events, at_s, duration_s, seek }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const share = (seconds: number) => `${(100 * Math.min(seconds, duration_s)) / Math.max(duration_s, 0.001)}%`;
  const toPointer = (event: PointerEvent) => {
    const place = box.current?.getBoundingClientRect();
    if (place !== undefined && place.width > 0) seek(((event.clientX - place.left) / place.width) * duration_s);
  };
  const toKey = (event: KeyboardEvent) => {
    const to_s: Record<string, number> = {
      PageUp: at_s + PAGE_S,
      PageDown: at_s - PAGE_S,
      Home: 0,
      End: duration_s,
    };
    const wanted = to_s[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    seek(wanted);
  };
  return (
    <div className={styles.lanes}>
      <span className={styles.who} data-side="customer">
        {t("replay.customer")}
      </span>
      <span className={styles.who} data-side="agent">
        {t("replay.agent")}
      </span>
      <div
        ref={box}
        className={styles.wave}
        role="slider"
        tabIndex={0}
        aria-label={t("replay.position")}
        aria-valuemin={0}
        aria-valuemax={Math.round(duration_s)}
        aria-valuenow={Math.round(at_s)}
        aria-valuetext={t("replay.positionOf", { at: clockTime(at_s), duration: clockTime(duration_s) })}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture?.(event.pointerId);
          toPointer(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons === 1) toPointer(event);
        }}
        onKeyDown={toKey}
        data-testid="replay-wave"
      >
        {events.map((event) =>
          event.to_s !== null && event.to_s > event.at_s && event.kind !== "keys" ? (
            <i
              key={`${event.kind}${event.at_s}`}
              className={styles.span}
              data-kind={event.kind}
              style={{ left: share(event.at_s), width: share(event.to_s - event.at_s) }}
            />
          ) : (
            <i
              key={`${event.kind}${event.at_s}`}
              className={styles.tick}
              data-kind={event.kind}
              style={{ left: share(event.at_s) }}
            />
          ),
        )}
        <Lane side="customer" outline={customer} played={share(at_s)} />
        <Lane side="agent" outline={agent} played={share(at_s)} />
        <i className={styles.head} style={{ left: share(at_s) }} />
      </div>
    </div>
  );
}

function Lane({ side, outline, played }: { side: "customer" | "agent"; outline: Outline | null; played: string }) {
  const path = useMemo(() => (outline === null ? "" : lanePath(outline, COLUMNS)), [outline]);
  const drawn = (
    <svg viewBox={`0 0 ${COLUMNS - 1} 100`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  );
  return (
    <div className={styles.lane} data-side={side} data-testid={`lane-${side}`}>
      <div className={styles.coming}>{drawn}</div>
      <div className={styles.played} style={{ clipPath: `inset(0 calc(100% - ${played}) 0 0)` }}>
        {drawn}
      </div>
    </div>
  );
}
