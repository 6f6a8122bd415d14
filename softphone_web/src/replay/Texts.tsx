import { Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Trouble } from "../shell/Trouble";
import styles from "./Replay.module.css";
import { SummaryShown } from "./SummaryShown";
import { TranscriptShown } from "./TranscriptShown";
import { type HowFar, type TextFailure, type TextState, useTexts } from "./texts";

interface Props {
  call: string;
  at_s: number;
  seek: (to_s: number) => void;
}

/** What was said in the call and what it was about. All of it is text of others. */
export function Texts({ call, at_s, seek }: Props) {
  const { t } = useTranslation();
  const { texts, howFar } = useTexts(call);
  if (texts.isPending) return <Loader size="xs" aria-label={t("replay.transcript.title")} />;
  if (texts.data === undefined) {
    return <Trouble words={t("replay.transcript.unreachable")} retry={texts.refetch} testid="texts-trouble" />;
  }
  const { transcripts, summary } = texts.data;
  return (
    <div className={styles.texts}>
      <SummaryShown call={call} summary={summary} howFar={newer(howFar?.summary, summary)} seek={seek} />
      {transcripts.map((transcript) => (
        <TranscriptShown
          key={transcript.source}
          call={call}
          transcript={transcript}
          howFar={newer(transcript.source === "ours" ? howFar?.transcript : undefined, transcript)}
          at_s={at_s}
          seek={seek}
        />
      ))}
    </div>
  );
}

/** What was told last of something that is in the making; of anything else, what was read. */
function newer(told: HowFar | undefined, read: { state: TextState | null; failure: TextFailure | null }): HowFar {
  if (told !== undefined && told.state === read.state) return told;
  return { state: read.state, failure: read.failure, progress: null, next_try_at: null };
}
