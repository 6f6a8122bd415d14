import { TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Replay.module.css";
import { Said } from "./Said";
import { piecesOf } from "./search";
import { TextState } from "./TextState";
import type { HowFar, Line, Transcript } from "./texts";

interface Props {
  call: string;
  transcript: Transcript;
  howFar: HowFar;
  at_s: number;
  seek: (to_s: number) => void;
}

/** Who said what and when: each line leads to its place, and the one that is heard is kept in sight. */
export function TranscriptShown({ call, transcript, howFar, at_s, seek }: Props) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const lines = useMemo(
    () =>
      transcript.lines.flatMap((line) => {
        const pieces = piecesOf(line.text, wanted);
        return pieces === null ? [] : [{ line, pieces }];
      }),
    [transcript.lines, wanted],
  );
  const now = lineAt(transcript.lines, at_s);
  useEffect(() => {
    if (now !== undefined) keepInSight(list.current);
  }, [now]);
  return (
    <section
      className={styles.text}
      data-testid={`transcript-${transcript.source}`}
      data-state={howFar.state ?? transcript.state}
    >
      <h3>{t(transcript.source === "ours" ? "replay.transcript.title" : "replay.transcript.byMeta")}</h3>
      <TextState call={call} what="transcript" howFar={howFar} />
      {transcript.lines.length === 0 ? (
        transcript.state === "done" ? (
          <p className={styles.hint}>{t("replay.transcript.empty")}</p>
        ) : null
      ) : (
        <>
          <div className={styles.searching}>
            <TextInput
              type="search"
              leftSection={<Search size={15} aria-hidden="true" />}
              aria-label={t("replay.transcript.search")}
              placeholder={t("replay.transcript.search")}
              value={wanted}
              onChange={(event) => setWanted(event.currentTarget.value)}
              data-testid="transcript-search"
            />
            <span role="status" className={styles.hint}>
              {wanted.trim() === ""
                ? ""
                : lines.length === 0
                  ? t("replay.transcript.nothingFound")
                  : t("replay.transcript.found", { count: lines.length, all: transcript.lines.length })}
            </span>
          </div>
          <ol className={styles.lines} ref={list}>
            {lines.map(({ line, pieces }) => (
              <li key={`${line.speaker}${line.start_s}`}>
                <button
                  type="button"
                  className={styles.line}
                  aria-current={line === now ? "true" : undefined}
                  onClick={() => seek(line.start_s)}
                  data-testid="transcript-line"
                >
                  <Said at_s={line.start_s} speaker={line.speaker} />
                  <span>
                    {pieces.map((piece, index) =>
                      piece.found ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
                    )}
                  </span>
                </button>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}

function lineAt(lines: readonly Line[], at_s: number): Line | undefined {
  return lines.find((line) => at_s >= line.start_s && at_s < line.end_s);
}

/** Moves the list, never the page: somebody may be reading elsewhere on it. */
function keepInSight(list: HTMLOListElement | null): void {
  const line = list?.querySelector<HTMLElement>("[aria-current]");
  if (list === null || line === null || line === undefined) return;
  const above = line.getBoundingClientRect().top - list.getBoundingClientRect().top;
  const below = above + line.offsetHeight - list.clientHeight;
  if (above < 0) list.scrollTop += above;
  else if (below > 0) list.scrollTop += below;
}
