import { ActionIcon, Button, Checkbox, Loader, NativeSelect } from "@mantine/core";
import { Download, Pause, Play, RotateCcw, RotateCw } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../desk/DeskProvider";
import { myCall } from "../desk/desk";
import { clockTime } from "../i18n/format";
import { eventsOf, type TimelineEvent } from "./marks";
import { decodePeaks, silencesOf } from "./outline";
import styles from "./Replay.module.css";
import { askUrl, type Mark, type Peaks } from "./replay";
import { Texts } from "./Texts";
import { type Player as Playing, usePlayer } from "./usePlayer";
import { STEP_S, Waveform } from "./Waveform";

const SPEEDS = ["0.75", "1", "1.25", "1.5", "1.75", "2"];
const NO_SILENCE: never[] = [];

/** A place in a recording to which somebody is led. */
export interface Start {
  at_s: number;
}

interface Props {
  call: string;
  duration_s: number;
  marks: readonly Mark[];
  peaks: Peaks | null;
  open: () => Promise<string>;
  mayDownload: boolean;
  /** Whether there may be something to read. */
  withTexts: boolean;
  /** Where it begins and then is: of sounds that take each other's place. */
  place?: RefObject<number>;
  start?: Start | undefined;
}

export function Player({ call, duration_s, marks, peaks, open, mayDownload, withTexts, place, start }: Props) {
  const { t } = useTranslation();
  const [skip, setSkip] = useState(false);
  const customer = useMemo(() => (peaks === null ? null : decodePeaks(peaks.customer)), [peaks]);
  const agent = useMemo(() => (peaks === null ? null : decodePeaks(peaks.agent)), [peaks]);
  const silences = useMemo(
    () => (customer === null || agent === null ? NO_SILENCE : silencesOf([customer, agent], duration_s)),
    [customer, agent, duration_s],
  );
  const events = useMemo(() => eventsOf(marks, duration_s), [marks, duration_s]);
  const player = usePlayer(open, duration_s, skip ? silences : NO_SILENCE, place);
  useSilentInCalls(player.audio);
  const playButton = useRef<HTMLButtonElement>(null);
  const { seek } = player;
  useEffect(() => {
    if (start === undefined) return;
    seek(start.at_s);
    playButton.current?.focus(); // one key, and it is heard
  }, [start, seek]);

  const keys = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (target.closest("input, textarea, select") !== null) return;
    if (event.key === " " && target.closest("button, a") !== null) return;
    const deed = {
      " ": player.toggle,
      ArrowLeft: () => player.seek(player.at_s - STEP_S),
      ArrowRight: () => player.seek(player.at_s + STEP_S),
    }[event.key];
    if (deed === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    deed();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of what is inside, wherever the focus is in it
    <div className={styles.player} onKeyDown={keys} data-testid="player">
      {/* biome-ignore lint/a11y/useMediaCaption: the transcript is beside it */}
      <audio ref={player.audio} preload="none" data-testid="replay-audio" />
      <Waveform
        customer={customer}
        agent={agent}
        events={events}
        at_s={player.at_s}
        duration_s={duration_s}
        seek={player.seek}
      />
      <div className={styles.controls}>
        <Step to={-STEP_S} player={player} />
        <ActionIcon
          size={46}
          radius="xl"
          aria-label={t(player.playing ? "replay.pause" : "replay.play")}
          loading={player.opening}
          ref={playButton}
          onClick={player.toggle}
          data-testid="replay-play"
        >
          {player.playing ? <Pause size={22} aria-hidden="true" /> : <Play size={22} aria-hidden="true" />}
        </ActionIcon>
        <Step to={STEP_S} player={player} />
        <span className={styles.clock} data-testid="replay-clock">
          {clockTime(player.at_s)} <small>{`/ ${clockTime(duration_s)}`}</small>
        </span>
        <NativeSelect
          className={styles.speed}
          aria-label={t("replay.speed")}
          value={String(player.speed)}
          onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}
          data={SPEEDS.map((speed) => ({ value: speed, label: `${speed} ×` }))}
          data-testid="replay-speed"
        />
        <Checkbox
          label={t("replay.skipSilence")}
          checked={skip}
          disabled={silences.length === 0}
          onChange={(event) => setSkip(event.currentTarget.checked)}
          data-testid="replay-skip"
        />
        {mayDownload ? <DownloadButton call={call} /> : null}
      </div>
      <p className={styles.hint}>{t("replay.keys")}</p>
      {player.trouble === null ? null : (
        <p className={styles.trouble} role="alert" data-testid="replay-trouble">
          {t(player.trouble === "unplayable" ? "replay.unplayable" : "replay.notPlayed")}
        </p>
      )}
      <Moments events={events} seek={player.seek} />
      {withTexts ? <Texts call={call} at_s={player.at_s} seek={player.seek} /> : null}
    </div>
  );
}

/** Who talks to a customer does not hear another call. */
export function useSilentInCalls(audio: RefObject<HTMLAudioElement | null>): void {
  const inCall = myCall(useDesk()) !== null;
  useEffect(() => {
    if (inCall) audio.current?.pause();
  }, [inCall, audio]);
}

function Step({ to, player }: { to: number; player: Playing }) {
  const { t } = useTranslation();
  const Icon = to < 0 ? RotateCcw : RotateCw;
  return (
    <ActionIcon
      variant="subtle"
      size={40}
      aria-label={t(to < 0 ? "replay.back" : "replay.forward")}
      title={t(to < 0 ? "replay.back" : "replay.forward")}
      onClick={() => player.seek(player.at_s + to)}
    >
      <Icon size={18} aria-hidden="true" />
    </ActionIcon>
  );
}

function DownloadButton({ call }: { call: string }) {
  const { t } = useTranslation();
  const [state, setState] = useState<"idle" | "asking" | "failed">("idle");
  const download = async () => {
    setState("asking");
    try {
      const link = document.createElement("a");
      link.href = (await askUrl(call, "download")).url;
      link.download = "";
      link.click();
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  return (
    <Button
      variant="default"
      size="sm"
      leftSection={state === "asking" ? <Loader size={14} /> : <Download size={16} aria-hidden="true" />}
      onClick={() => void download()}
      data-testid="replay-download"
    >
      {t("replay.download")}
      {state === "failed" ? ` · ${t("session.retry")}` : ""}
    </Button>
  );
}

function Moments({ events, seek }: { events: readonly TimelineEvent[]; seek: (to_s: number) => void }) {
  const { t } = useTranslation();
  if (events.length === 0) return null;
  return (
    <ul className={styles.moments} aria-label={t("replay.marks")} data-testid="replay-marks">
      {events.map((event) => (
        <li key={`${event.kind}${event.at_s}`}>
          <button type="button" className={styles.moment} data-kind={event.kind} onClick={() => seek(event.at_s)}>
            <b>{clockTime(event.at_s)}</b> {t(`replay.event.${event.kind}`, { count: event.count })}
            {event.to_s !== null && event.kind !== "keys" ? <small> {clockTime(event.to_s - event.at_s)}</small> : null}
          </button>
        </li>
      ))}
    </ul>
  );
}
