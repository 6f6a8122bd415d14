import { Button } from "@mantine/core";
import {
  Ban,
  Circle,
  CircleDot,
  CirclePause,
  CircleStop,
  CreditCard,
  type LucideIcon,
  MessageCircleQuestion,
  TriangleAlert,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import type { CurrentCall, RecordingLight as Light } from "../contract/messages";
import { useDesk, usePhone } from "../desk/DeskProvider";
import { Note } from "../phone/view/Note";
import styles from "./RecordingLight.module.css";

const ICONS: Record<Light, LucideIcon> = {
  off: Circle,
  on: CircleDot,
  paused: CirclePause,
  failed: TriangleAlert,
  asking: MessageCircleQuestion,
  refused: Ban,
};

function isUp(call: CurrentCall): boolean {
  return call.phase === "talking" || call.phase === "reattaching";
}

/** Whether the call is being recorded. */
export function RecordingLight({ call }: { call: CurrentCall }) {
  const { t } = useTranslation();
  const now = call.recording;
  if (!now || !isUp(call)) return null;
  const Icon = ICONS[now.light];
  return (
    <p className={styles.light} data-light={now.light} role="status" data-testid="recording-light">
      <Icon size={16} aria-hidden="true" /> {t(`recording.light.${now.light}`)}
    </p>
  );
}

/** What the number's policy leaves to the agent, and what they must know. Its height changes: it stands under the
 * buttons of the call. */
export function RecordingControls({ call }: { call: CurrentCall }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const now = call.recording;
  if (!now || !isUp(call)) return null;
  const steers = now.mine && now.light !== "failed" && now.light !== "asking" && now.light !== "refused";
  const mayHoldBack = steers && (now.light === "on" || now.held_back);
  const disabled = desk.link !== "connected";
  return (
    <div className={styles.controls}>
      {steers && now.on_demand && !now.held_back ? (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={
            now.asked ? <CircleStop size={15} aria-hidden="true" /> : <CircleDot size={15} aria-hidden="true" />
          }
          loading={desk.pending.includes("recording.set")}
          disabled={disabled}
          onClick={() => void phone.record(call.call_id, !now.asked)}
          data-testid="record-button"
        >
          {t(now.asked ? "recording.stop" : "recording.start")}
        </Button>
      ) : null}
      {mayHoldBack ? (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={
            now.held_back ? <CircleDot size={15} aria-hidden="true" /> : <CreditCard size={15} aria-hidden="true" />
          }
          aria-pressed={now.held_back}
          loading={desk.pending.includes("recording.hold_back")}
          disabled={disabled}
          onClick={() => void phone.holdBackRecording(call.call_id, !now.held_back)}
          data-testid="hold-back-button"
        >
          {t(now.held_back ? "recording.goOn" : "recording.holdBack")}
        </Button>
      ) : null}
      {now.held_back && now.light === "paused" ? (
        <p className={styles.reminder} data-testid="held-back-note">
          {t("recording.heldBack")}
        </p>
      ) : null}
      {now.light === "asking" ? (
        <p className={styles.reminder} data-testid="asking-note">
          {t("recording.asking")}
        </p>
      ) : null}
      {now.light === "failed" ? (
        <Note kind="bad" icon={TriangleAlert} role="alert" testid="recording-failed">
          {t(now.failure === "disk_full" ? "recording.failed.disk_full" : "recording.failed.other")}
        </Note>
      ) : null}
    </div>
  );
}
