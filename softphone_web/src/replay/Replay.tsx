import { Button, CloseButton, Loader } from "@mantine/core";
import { Radio } from "lucide-react";
import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import "../i18n/replayers";
import { timeOfDay, timeWithSeconds } from "../i18n/format";
import { ApiError } from "../session/api";
import { Trouble } from "../shell/Trouble";
import { Keeping } from "./Keeping";
import { MetasOwn } from "./MetasOwn";
import { Player, type Start } from "./Player";
import styles from "./Replay.module.css";
import { askUrl, type CallRecording, type Live, useCallRecording } from "./replay";

interface Props {
  call: string;
  caller: string;
  onClose: () => void;
  /** Where it is opened, again whenever it is another one. */
  start?: Start;
}

/** The recording of one call: what became of it, and hearing it. */
export function Replay({ call, caller, onClose, start }: Props) {
  const { t } = useTranslation();
  const recording = useCallRecording(call);
  const { data } = recording;
  const refused = recording.error instanceof ApiError && recording.error.status === 404;
  return (
    <section
      className={styles.replay}
      aria-label={t("replay.title", { caller })}
      data-testid="replay"
      data-state={data?.state}
    >
      <header className={styles.top}>
        <h2>{t("replay.title", { caller })}</h2>
        {data === undefined ? null : (
          <span className={styles.state} data-state={data.state} data-testid="replay-state">
            {t(`recording.state.${data.state === "none" && data.meta?.state === "done" ? "meta" : data.state}`)}
          </span>
        )}
        <CloseButton aria-label={t("recording.close")} onClick={onClose} data-testid="replay-close" />
      </header>
      {recording.isPending ? (
        <p className={styles.hint}>
          <Loader size={14} aria-hidden="true" /> {t("replay.loading")}
        </p>
      ) : null}
      {recording.isError && data === undefined ? (
        refused ? (
          <p data-testid="replay-not-yours">{t("replay.notYours")}</p>
        ) : (
          <Trouble words={t("replay.unreachable")} retry={recording.refetch} testid="replay-unreachable" />
        )
      ) : null}
      {data === undefined ? null : <Content recording={data} start={start} />}
      {data === undefined ? null : <Keeping recording={data} onDone={() => void recording.refetch()} />}
    </section>
  );
}

function Content({ recording, start }: { recording: CallRecording; start: Start | undefined }) {
  const { t, i18n } = useTranslation();
  const open = useCallback(async () => (await askUrl(recording.call_id, "replay")).url, [recording.call_id]);
  const said = useSaid(recording);
  const { consent_at } = recording;
  return (
    <>
      {said.map((sentence) => (
        <p key={sentence} className={styles.said}>
          {sentence}
        </p>
      ))}
      {recording.consent === "agreed" && consent_at !== null ? (
        <p className={styles.hint}>
          {t("replay.consent", { time: timeOfDay(Date.parse(consent_at) / 1000, i18n.language) })}
        </p>
      ) : null}
      {recording.state === "recording" && recording.may_replay_live ? <LivePlayer call={recording.call_id} /> : null}
      {recording.state === "recorded" || recording.state === "partial" ? (
        <Player
          call={recording.call_id}
          duration_s={recording.duration_s ?? 0}
          marks={recording.marks}
          peaks={recording.peaks}
          open={open}
          mayDownload={recording.may_download}
          withTexts
          start={start}
        />
      ) : null}
      {recording.meta === null || recording.meta === undefined ? null : (
        <MetasOwn
          call={recording.call_id}
          meta={recording.meta}
          alone={recording.state !== "recorded" && recording.state !== "partial"}
          start={start}
        />
      )}
    </>
  );
}

const MAKING_MS = 2_000;

/** What was said so far of a call that is up. Each time it is fetched it goes on a bit further. */
function LivePlayer({ call }: { call: string }) {
  const { t, i18n } = useTranslation();
  const [sound, setSound] = useState<{ live: Live; url: string } | null>(null);
  const [state, setState] = useState<"idle" | "making" | "failed">("idle");
  const place = useRef(0);
  const fetchNewest = async () => {
    setState("making");
    try {
      const made = await untilMade(call);
      if (made.live !== null) setSound({ live: made.live, url: made.url });
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  const open = useCallback(async () => sound?.url ?? (await untilMade(call)).url, [sound, call]);
  return (
    <div className={styles.live} data-testid="live">
      <div className={styles.liveHead}>
        <span className={styles.state} data-state="recording">
          <Radio size={12} aria-hidden="true" /> {t("replay.live")}
        </span>
        {sound === null ? null : (
          <span data-testid="live-until">
            {t("replay.liveUntil", { time: timeWithSeconds(Date.parse(sound.live.until) / 1000, i18n.language) })}
          </span>
        )}
        <Button
          size="sm"
          variant={sound === null ? "filled" : "default"}
          loading={state === "making"}
          onClick={() => void fetchNewest()}
          data-testid="live-fetch"
        >
          {t(sound === null ? "replay.hearLive" : "replay.newest")}
        </Button>
        {state === "making" ? (
          <span role="status" className={styles.hint}>
            {t("replay.making")}
          </span>
        ) : null}
      </div>
      {state === "failed" ? (
        <p className={styles.trouble} role="alert">
          {t("replay.notPlayed")}
        </p>
      ) : null}
      {sound === null ? null : (
        <Player
          key={sound.url}
          call={call}
          duration_s={sound.live.duration_s}
          marks={sound.live.marks}
          peaks={sound.live.peaks}
          open={open}
          mayDownload={false}
          withTexts={false}
          place={place}
        />
      )}
    </div>
  );
}

/** A long call takes its time. Raises ApiError, TypeError. */
async function untilMade(call: string) {
  for (;;) {
    try {
      return await askUrl(call, "replay");
    } catch (error) {
      if (!(error instanceof ApiError && error.said.reason === "making")) throw error;
      await new Promise((done) => setTimeout(done, MAKING_MS));
    }
  }
}

const REASONS = ["disk_full", "gateway_died", "journal_missing", "journal_damaged"] as const;
const WHY = ["not_answered", "consent_unanswered", "not_yet", "not_started", "policy_never", "not_begun"] as const;

/** The state in sentences. */
function useSaid(recording: CallRecording): string[] {
  const { t, i18n } = useTranslation();
  const known = REASONS.find((reason) => reason === recording.reason);
  const code = recording.reason ?? "";
  const reason = known === undefined ? t("replay.reason.other", { code }) : t(`replay.reason.${known}`);
  const seconds = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 }).format(recording.missing_s ?? 0);
  switch (recording.state) {
    case "none":
      return [t(`replay.why.${WHY.find((why) => why === recording.why) ?? "not_begun"}`)];
    case "partial":
      return [
        recording.reason === null
          ? t("replay.said.partial", { seconds })
          : t("replay.said.partialWhy", { seconds, reason }),
      ];
    case "failed":
      return [t("replay.said.failed", { reason })];
    case "finishing": {
      const { progress, last_error } = recording;
      const percent = new Intl.NumberFormat(i18n.language, { style: "percent" }).format(progress ?? 0);
      return [
        progress === null ? t("replay.said.finishing") : `${t("replay.said.finishing")} ${percent}`,
        ...(last_error === null ? [] : [t("replay.said.finishingStuck", { reason: last_error })]),
      ];
    }
    case "recording":
      return recording.may_replay_live ? [] : [t("replay.said.recording")];
    case "refused":
      return [t("replay.said.refused")];
    case "deleted":
      return [t("replay.said.deleted")];
    case "recorded":
      return [];
  }
}
