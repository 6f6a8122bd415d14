import { AudioLines, type LucideIcon, MicOff, VolumeX, WifiOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Trouble, TroubleShown } from "../../contract/messages";
import { Note } from "./Note";
import styles from "./SoundTroubles.module.css";

const ICONS: Record<Trouble, LucideIcon> = {
  customer_silent: AudioLines,
  customer_receives_nothing: VolumeX,
  microphone_gone: MicOff,
  microphone_muted: MicOff,
  microphone_silent: MicOff,
  microphone_sends_nothing: MicOff,
  agent_hears_nothing: VolumeX,
  agent_path_broken: WifiOff,
};

/** Which link of the call is broken, and what to do about it. */
export function SoundTroubles({ troubles }: { troubles: readonly TroubleShown[] }) {
  const { t } = useTranslation();
  if (troubles.length === 0) return null;
  return (
    <div className={styles.troubles}>
      {troubles.map(({ trouble }) => (
        <Note key={trouble} kind="bad" icon={ICONS[trouble]} role="alert" testid={`trouble-${trouble}`}>
          <strong>{t(`quality.trouble.${trouble}.title`)}</strong>
          <p>{t(`quality.trouble.${trouble}.step`)}</p>
        </Note>
      ))}
    </div>
  );
}
