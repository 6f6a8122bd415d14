import { ActionIcon } from "@mantine/core";
import { Play, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { urlOf } from "./sounds";

/** Only one sound is heard at a time. */
let stopOther: (() => void) | null = null;

/** Plays a sound; again, stops it. The call's own audio is another element and goes on. */
export function ListenButton({ id, name, language }: { id: string; name: string; language: string }) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement | null>(null);
  const [playing, setPlaying] = useState(false);

  function stop(): void {
    audio.current?.pause();
    audio.current = null;
    setPlaying(false);
  }

  function start(): void {
    stopOther?.();
    const mine = new Audio(urlOf(id, language));
    audio.current = mine;
    stopOther = stop;
    mine.onended = mine.onerror = () => audio.current === mine && stop();
    setPlaying(true);
    void mine.play().catch(() => audio.current === mine && stop());
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: another sound, or leaving, ends this one
  useEffect(() => () => audio.current?.pause(), [id]);
  const Icon = playing ? Square : Play;
  const label = playing ? t("plans.stop") : t("plans.listen", { sound: name });
  return (
    <ActionIcon
      variant="default"
      size={36}
      aria-label={label}
      title={label}
      onClick={playing ? stop : start}
      data-testid="listen"
      data-playing={playing}
    >
      <Icon size={16} aria-hidden="true" />
    </ActionIcon>
  );
}
