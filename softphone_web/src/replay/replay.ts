/** What became of a call's sound, where it can be heard, what was said in it: the server's side of the player. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { request } from "../session/api";

export type RecordingState = "recording" | "finishing" | "recorded" | "partial" | "failed" | "refused" | "deleted";

export interface Mark {
  at_s: number;
  mark: "talking" | "held" | "resumed" | "transferred" | "paused" | "continued" | "key" | "lost";
  count: number;
}

/** Base64 of signed bytes, pairs of minimum and maximum. */
export interface Peaks {
  customer: string;
  agent: string;
}

export interface CallRecording {
  call_id: string;
  state: RecordingState | "none";
  why: string | null;
  reason: string | null;
  consent: "agreed" | "refused" | null;
  consent_at: string | null;
  agreement: "key" | "staying" | null;
  duration_s: number | null;
  missing_s: number | null;
  progress: number | null;
  last_error: string | null;
  marks: Mark[];
  peaks: Peaks | null;
  may_replay_live: boolean;
  may_download: boolean;
}

/** What is heard so far of a call that is up. */
export interface Live {
  until: string;
  duration_s: number;
  marks: Mark[];
  peaks: Peaks | null;
}

export interface ReplayUrl {
  url: string;
  live: Live | null;
}

export type Speaker = "customer" | "agent";

export interface Line {
  speaker: Speaker;
  start_s: number;
  end_s: number;
  text: string;
}

export type TextState = "waiting" | "running" | "done" | "failed" | "not_configured";

export interface Transcript {
  source: "ours" | "meta";
  state: TextState | string;
  lines: Line[];
}

export interface Summary {
  state: TextState | string | null;
  kind: "model" | "key_sentences" | null;
  reason: string;
  outcome: string;
  promises: { by: Speaker; what: string }[];
  next_steps: string[];
  sentences: { speaker: Speaker; start_s: number; text: string }[];
}

const AGAIN_MS = 3_000;
const GOING_ON: readonly string[] = ["recording", "finishing"];

export function useCallRecording(call: string) {
  return useQuery({
    queryKey: ["recording", call],
    queryFn: async () => (await request("GET", `/calls/${call}/recording`)) as CallRecording,
    refetchInterval: (query) => (GOING_ON.includes(query.state.data?.state ?? "") ? AGAIN_MS : false),
    staleTime: 0,
  });
}

/** Raises ApiError, TypeError. Each one is a replay of its own in the audit. */
export async function askUrl(call: string, purpose: "replay" | "download"): Promise<ReplayUrl> {
  return (await request("POST", `/calls/${call}/recording/url`, { purpose })) as ReplayUrl;
}

/** Reading is noted in the audit: it is read once, and again only when somebody asks. */
export function useTexts(call: string, wanted: boolean) {
  return useQuery({
    queryKey: ["texts", call],
    queryFn: async () => {
      const [transcripts, summary] = await Promise.all([
        request("GET", `/calls/${call}/transcript`),
        request("GET", `/calls/${call}/summary`),
      ]);
      return { transcripts: (transcripts as { transcripts: Transcript[] }).transcripts, summary: summary as Summary };
    },
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
}

export function useAskTranscript(call: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => request("POST", `/calls/${call}/transcript`),
    onSettled: () => queries.invalidateQueries({ queryKey: ["texts", call] }),
  });
}
