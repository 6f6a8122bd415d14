import { Button } from "@mantine/core";
import { Mic, MicOff, Pause, PhoneOff, Play } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { CallNote } from "../../aftercall/CallNote";
import { CallerFacts } from "../../caller/CallerFacts";
import type { CurrentCall } from "../../contract/messages";
import { useDesk, usePhone } from "../../desk/DeskProvider";
import { isMuted } from "../../desk/desk";
import { useNow_s } from "../../desk/useNow";
import { clockTime } from "../../i18n/format";
import { RecordingControls, RecordingLight } from "../../recording/RecordingLight";
import { SupervisorSeen } from "../../supervise/Supervise";
import { Consult } from "../../transfer/Consult";
import { Transfer } from "../../transfer/Transfer";
import styles from "./CallCard.module.css";
import { callerName } from "./caller";
import { mayTakeFocus } from "./focus";
import { QualityLights } from "./QualityLights";
import { SoundTroubles } from "./SoundTroubles";

const HEARD_WITHIN_S = 3;

/** We call, and the customer has not picked up. */
function isBeforeAnswer(call: CurrentCall): boolean {
  return call.phase === "dialing" || call.phase === "ringing";
}

export function CallCard({ call }: { call: CurrentCall }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const now_s = useNow_s();
  const muted = isMuted(desk);
  const held = call.held === true;
  const keys = call.keys ?? "";
  const troubles = call.troubles ?? [];
  const muteButton = useRef<HTMLButtonElement>(null);
  const since_s = call.talking_since_unix_s;
  const talked_s = since_s === null ? 0 : now_s - since_s;
  const unheard = call.phase === "talking" && !held && !call.customer_heard && talked_s > HEARD_WITHIN_S;

  // The answer button took the focus with it, or what ended a consultation; this one does no harm when it is pressed by
  // mistake. In a consultation the focus is there.
  const consulting = Boolean(call.consult);
  useEffect(() => {
    if (!consulting && mayTakeFocus() && document.activeElement === document.body) muteButton.current?.focus();
  }, [consulting]);

  return (
    <section
      className={styles.card}
      aria-labelledby="call-caller"
      data-testid="call-card"
      data-call-id={call.call_id}
      data-phase={call.phase}
    >
      <h3 id="call-caller" className={styles.caller} data-testid="call-caller">
        {callerName(call.party)}
      </h3>
      <p className={styles.label}>
        {[call.party.name === null ? null : call.party.label, call.party.number_label].filter(Boolean).join(" · ")}
      </p>
      <p className={styles.timer} role="timer" aria-label={t("call.timer")} data-testid="call-timer">
        {since_s === null ? t("call.notYet") : clockTime(talked_s)}
      </p>
      <p className={styles.phase}>{t(`call.${call.phase}`)}</p>
      <RecordingLight call={call} />
      <QualityLights call={call} />
      <div className={styles.actions}>
        <Button
          ref={muteButton}
          className={styles.mute}
          variant="default"
          size="lg"
          leftSection={muted ? <MicOff size={18} aria-hidden="true" /> : <Mic size={18} aria-hidden="true" />}
          aria-pressed={muted}
          disabled={desk.link !== "connected"}
          onClick={() => void phone.setMuted(call.call_id, !muted)}
          data-testid="mute-button"
        >
          {t("call.mute")}
        </Button>
        {/* Nobody to put on hold yet, or they are already. */}
        {isBeforeAnswer(call) || call.consult ? null : (
          <Button
            className={styles.hold}
            variant="default"
            size="lg"
            leftSection={held ? <Play size={18} aria-hidden="true" /> : <Pause size={18} aria-hidden="true" />}
            aria-pressed={held}
            loading={desk.pending.includes("call.hold")}
            disabled={desk.link !== "connected" || call.phase !== "talking"}
            onClick={() => void phone.hold(call.call_id, !held)}
            data-testid="hold-button"
          >
            {t(held ? "call.resume" : "call.hold")}
          </Button>
        )}
        <Button
          className={styles.hangUp}
          size="lg"
          color="var(--bad-fill)"
          leftSection={<PhoneOff size={18} aria-hidden="true" />}
          loading={desk.pending.includes("call.hang_up")}
          disabled={desk.link !== "connected"}
          onClick={() => void phone.hangUp(call.call_id)}
          data-testid="hangup-button"
        >
          {t(isBeforeAnswer(call) ? "dial.cancel" : "call.hangUp")}
        </Button>
      </div>
      {/* Under the buttons, so that these stay where the pointer is. */}
      <SupervisorSeen call={call} />
      {muted ? (
        <p className={styles.muted}>
          <MicOff size={16} aria-hidden="true" /> {t("call.muted")}
        </p>
      ) : null}
      {held ? (
        <p className={styles.muted} data-testid="held-note">
          <Pause size={16} aria-hidden="true" /> {t("call.held")}
        </p>
      ) : null}
      {keys !== "" ? (
        <p className={styles.keys} data-testid="call-keys">
          {t("call.keys", { keys })}
        </p>
      ) : null}
      <RecordingControls call={call} />
      <SoundTroubles troubles={troubles} />
      {unheard && troubles.length === 0 ? <p className={styles.unheard}>{t("call.notHeard")}</p> : null}
      <Consult call={call} />
      {call.consult?.asker === false ? null : <Transfer call={call} />}
      <CallNote call_id={call.call_id} />
      <CallerFacts call_id={call.call_id} />
    </section>
  );
}
