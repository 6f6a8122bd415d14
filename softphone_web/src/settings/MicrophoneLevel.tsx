import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import styles from "./MicrophoneLevel.module.css";

const SHOWN_MS = 60;
const QUIETEST_DB = -60;

/** A bar that moves with the voice: the quickest answer to "does it hear me?". */
export function MicrophoneLevel(props: { track: MediaStreamTrack; onLevel?: (level: number) => void }) {
  const { track } = props;
  const { t } = useTranslation();
  const bar = useRef<HTMLDivElement>(null);
  const onLevel = useRef(props.onLevel);
  onLevel.current = props.onLevel;
  useEffect(() => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const level = levelOf(samples);
      bar.current?.style.setProperty("--level", String(level));
      onLevel.current?.(level);
    }, SHOWN_MS);
    return () => {
      clearInterval(timer);
      void context.close();
    };
  }, [track]);
  return (
    <div>
      <div ref={bar} className={styles.bar} role="img" aria-label={t("audio.level")} data-testid="microphone-level" />
      <p className={styles.hint}>{t("audio.testHint")}</p>
    </div>
  );
}

/** Loudness from 0 (silence) to 1 (full), on the decibel scale that ears use. */
export function levelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibel = 10 * Math.log10(Math.max(power, 1e-12));
  return Math.min(1, Math.max(0, 1 - decibel / QUIETEST_DB));
}
