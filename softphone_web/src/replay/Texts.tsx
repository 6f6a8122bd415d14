import { Button, Loader, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { clockTime } from "../i18n/format";
import { useSession } from "../session/session";
import { Trouble } from "../shell/Trouble";
import styles from "./Replay.module.css";
import { type Line, type Speaker, type Summary, type Transcript, useAskTranscript, useTexts } from "./replay";
import { piecesOf } from "./search";

interface Place {
  at_s: number;
  seek: (to_s: number) => void;
}

/** What was said in the call and what it was about. All of it is text of others. */
export function Texts({ call, at_s, seek }: { call: string } & Place) {
  const { t } = useTranslation();
  const texts = useTexts(call, true);
  if (texts.isPending) return <Loader size="xs" aria-label={t("replay.transcript.title")} />;
  if (texts.isError) {
    return <Trouble words={t("replay.transcript.unreachable")} retry={texts.refetch} testid="texts-trouble" />;
  }
  const { transcripts, summary } = texts.data;
  return (
    <div className={styles.texts}>
      <SummaryShown summary={summary} seek={seek} />
      {transcripts.map((transcript) => (
        <TranscriptShown
          key={transcript.source}
          call={call}
          transcript={transcript}
          at_s={at_s}
          seek={seek}
          again={() => void texts.refetch()}
        />
      ))}
    </div>
  );
}

const SAID = ["waiting", "running", "failed", "not_configured"] as const;
type Said = (typeof SAID)[number];

function TranscriptShown({
  call,
  transcript,
  at_s,
  seek,
  again,
}: { call: string; transcript: Transcript; again: () => void } & Place) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState("");
  const asking = useAskTranscript(call);
  const role = useSession().data?.me.role;
  const lines = useMemo(
    () =>
      transcript.lines.flatMap((line) => {
        const pieces = piecesOf(line.text, wanted);
        return pieces === null ? [] : [{ line, pieces }];
      }),
    [transcript.lines, wanted],
  );
  const state = SAID.find((said) => said === transcript.state);
  const now = lineAt(transcript.lines, at_s);
  const ours = transcript.source === "ours";
  return (
    <section className={styles.text} data-testid={`transcript-${transcript.source}`} data-state={transcript.state}>
      <h3>{t(ours ? "replay.transcript.title" : "replay.transcript.byMeta")}</h3>
      {state === undefined ? null : (
        <p className={styles.hint}>
          {t(`replay.transcript.${state satisfies Said}`)}{" "}
          {state === "waiting" || state === "running" ? (
            <Button variant="subtle" size="compact-sm" onClick={again}>
              {t("replay.transcript.again")}
            </Button>
          ) : null}
          {state === "failed" && ours && role !== undefined && role !== "agent" ? (
            <Button
              variant="subtle"
              size="compact-sm"
              loading={asking.isPending}
              onClick={() => asking.mutate()}
              data-testid="transcript-ask"
            >
              {t("replay.transcript.ask")}
            </Button>
          ) : null}
        </p>
      )}
      {transcript.lines.length === 0 ? (
        state === undefined ? (
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
          <ol className={styles.lines}>
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

function Said({ at_s, speaker }: { at_s: number; speaker: Speaker }) {
  const { t } = useTranslation();
  return (
    <>
      <time>{clockTime(at_s)}</time>
      <b data-side={speaker}>{t(speaker === "customer" ? "replay.customer" : "replay.agent")}</b>
    </>
  );
}

function SummaryShown({ summary, seek }: { summary: Summary; seek: (to_s: number) => void }) {
  const { t } = useTranslation();
  if (summary.state === null || summary.state === "not_configured") return null;
  if (summary.kind === null) {
    return (
      <p className={styles.hint}>
        {t(summary.state === "failed" ? "replay.summary.failed" : "replay.summary.waiting")}
      </p>
    );
  }
  if (summary.kind === "key_sentences") {
    return (
      <section className={styles.text} data-testid="summary">
        <h3>{t("replay.summary.title")}</h3>
        <p className={styles.hint}>{t("replay.summary.keySentences")}</p>
        <ol className={styles.lines}>
          {summary.sentences.map((one) => (
            <li key={`${one.speaker}${one.start_s}${one.text}`}>
              <button type="button" className={styles.line} onClick={() => seek(one.start_s)}>
                <Said at_s={one.start_s} speaker={one.speaker} />
                <span>{one.text}</span>
              </button>
            </li>
          ))}
        </ol>
      </section>
    );
  }
  return (
    <section className={styles.text} data-testid="summary">
      <h3>{t("replay.summary.title")}</h3>
      <dl className={styles.summary}>
        <dt>{t("replay.summary.reason")}</dt>
        <dd>{summary.reason}</dd>
        <dt>{t("replay.summary.outcome")}</dt>
        <dd>{summary.outcome}</dd>
        {summary.promises.length === 0 ? null : (
          <>
            <dt>{t("replay.summary.promises")}</dt>
            {summary.promises.map((one) => (
              <dd key={`${one.by}${one.what}`}>
                <b data-side={one.by}>{t(one.by === "customer" ? "replay.customer" : "replay.agent")}</b> {one.what}
              </dd>
            ))}
          </>
        )}
        {summary.next_steps.length === 0 ? null : (
          <>
            <dt>{t("replay.summary.nextSteps")}</dt>
            {summary.next_steps.map((step) => (
              <dd key={step}>{step}</dd>
            ))}
          </>
        )}
      </dl>
      <p className={styles.hint}>{t("replay.summary.byMachine")}</p>
    </section>
  );
}

function lineAt(lines: readonly Line[], at_s: number): Line | undefined {
  return lines.find((line) => at_s >= line.start_s && at_s < line.end_s);
}
