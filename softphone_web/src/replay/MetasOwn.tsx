import { Button } from "@mantine/core";
import { CirclePlay } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Start, useSilentInCalls } from "./Player";
import styles from "./Replay.module.css";
import { askUrl, type MetaRecording } from "./replay";
import { Texts } from "./Texts";

interface Props {
  call: string;
  meta: MetaRecording;
  /** There is no recording of ours: what was said stands here. */
  alone: boolean;
  start?: Start | undefined;
}

/** Meta's own recording of the call, beside ours or instead of it. Hearing it is noted, so that its address is asked
 * for when somebody wants to. */
export function MetasOwn({ call, meta, alone, start }: Props) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const wanted_s = useRef(0);
  const [address, setAddress] = useState<string | null>(null);
  const [state, setState] = useState<"idle" | "asking" | "failed">("idle");
  const [at_s, setAt] = useState(0);
  useSilentInCalls(audio);

  const hear = async () => {
    setState("asking");
    try {
      setAddress((await askUrl(call, "meta")).url);
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  const seek = (to_s: number) => {
    wanted_s.current = to_s;
    setAt(to_s);
    if (audio.current !== null) audio.current.currentTime = to_s;
  };
  useEffect(() => {
    if (start === undefined || !alone) return;
    wanted_s.current = start.at_s;
    setAt(start.at_s);
    if (audio.current !== null) audio.current.currentTime = start.at_s;
  }, [start, alone]);

  return (
    <section className={styles.text} data-testid="metas-own" data-state={meta.state}>
      <h3>{t("replay.meta.title")}</h3>
      {meta.state === "done" ? (
        <>
          <p className={styles.hint}>{t(alone ? "replay.meta.alone" : "replay.meta.beside")}</p>
          {address === null ? (
            <Button
              size="sm"
              variant={alone ? "filled" : "default"}
              leftSection={<CirclePlay size={16} aria-hidden="true" />}
              loading={state === "asking"}
              onClick={() => void hear()}
              data-testid="meta-hear"
            >
              {t("replay.meta.hear")}
            </Button>
          ) : (
            // biome-ignore lint/a11y/useMediaCaption: the transcript is beside it
            <audio
              ref={audio}
              controls
              autoPlay
              src={address}
              aria-label={t("replay.meta.title")}
              onLoadedMetadata={(event) => {
                event.currentTarget.currentTime = wanted_s.current;
              }}
              onTimeUpdate={(event) => {
                wanted_s.current = event.currentTarget.currentTime;
                setAt(wanted_s.current);
              }}
              // The address has expired, or the server was away: it is asked for again, and goes on from here.
              onError={() => {
                setAddress(null);
                setState("failed");
              }}
              data-testid="meta-audio"
            />
          )}
          {state === "failed" ? (
            <p className={styles.trouble} role="alert" data-testid="meta-trouble">
              {t("replay.notPlayed")}
            </p>
          ) : null}
        </>
      ) : (
        <p data-testid="meta-said">
          {meta.state === "failed"
            ? t("replay.meta.failed", { code: meta.reason ?? "" })
            : t(`replay.meta.${meta.state}`)}
        </p>
      )}
      {alone && meta.state === "done" ? <Texts call={call} at_s={at_s} seek={seek} /> : null}
    </section>
  );
}
