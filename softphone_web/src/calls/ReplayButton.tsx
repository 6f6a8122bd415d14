import { ActionIcon } from "@mantine/core";
import { Ban, CirclePlay, Hourglass, type LucideIcon, Radio, Trash2, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { RecordingState } from "../replay/replay";

/** `meta`: there is Meta's own recording alone. */
type Kept = RecordingState | "meta";

const ICONS: Record<Kept, LucideIcon> = {
  meta: CirclePlay,
  recording: Radio,
  finishing: Hourglass,
  recorded: CirclePlay,
  partial: CirclePlay,
  failed: TriangleAlert,
  refused: Ban,
  deleted: Trash2,
};

/** Opens what became of a call's recording; its name says which state that is. */
export function ReplayButton({ state, opened, open }: { state: Kept; opened: boolean; open: (open: boolean) => void }) {
  const { t } = useTranslation();
  const Icon = ICONS[state];
  const label = opened ? t("recording.close") : t("recording.open", { state: t(`recording.state.${state}`) });
  const playable = state === "recorded" || state === "partial" || state === "recording" || state === "meta";
  return (
    <ActionIcon
      variant={opened ? "light" : "subtle"}
      color={playable ? undefined : "gray"}
      size={40}
      aria-label={label}
      aria-expanded={opened}
      title={label}
      onClick={() => open(!opened)}
      data-state={state}
      data-testid="replay-open"
    >
      <Icon size={20} aria-hidden="true" />
    </ActionIcon>
  );
}

/** What there is to open of a call; null: nothing. */
export function keptOf(call: { recording: RecordingState | null; meta_recording: boolean }): Kept | null {
  const hasSound = call.recording === "recorded" || call.recording === "partial" || call.recording === "recording";
  return call.meta_recording && !hasSound ? "meta" : call.recording;
}
