import { useTranslation } from "react-i18next";
import "../i18n/systems";
import { useDesk } from "../desk/DeskProvider";
import { useNow_s } from "../desk/useNow";
import { dueText } from "../retention/due";
import { Erasing } from "../retention/Erasing";
import styles from "./Replay.module.css";
import type { CallRecording, RecordingState } from "./replay";

const ERASABLE: readonly (RecordingState | "none")[] = ["finishing", "recorded", "partial", "failed"];

interface KeepingProps {
  recording: CallRecording;
  onDone: () => void;
}

/** For administrators: until when it stays, holding it, and erasing it. */
export function Keeping({ recording, onDone }: KeepingProps) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const { state } = useDesk();
  if (state?.me.role !== "administrator" || !ERASABLE.includes(recording.state)) return null;
  return (
    <div data-testid="keeping">
      <p className={styles.hint}>
        {recording.legal_hold ? t("retention.held") : dueText(t, recording.keep_until, now_s, i18n.language)}
      </p>
      <Erasing thing="recording" call={recording.call_id} held={recording.legal_hold} onDone={onDone} />
    </div>
  );
}
