/** What was said in a call and what it was about: the server's side of the texts beside the player. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { request } from "../session/api";

export type Speaker = "customer" | "agent";

export interface Line {
  speaker: Speaker;
  start_s: number;
  end_s: number;
  text: string;
}

export type TextState = "waiting" | "running" | "done" | "failed" | "not_configured";

export interface TextFailure {
  code: string;
  asking_again_can_help: boolean;
}

export interface Transcript {
  source: "ours" | "meta";
  state: TextState;
  failure: TextFailure | null;
  lines: Line[];
}

export interface Summary {
  state: TextState | null;
  failure: TextFailure | null;
  kind: "model" | "key_sentences" | null;
  reason: string;
  outcome: string;
  promises: { by: Speaker; what: string }[];
  next_steps: string[];
  sentences: { speaker: Speaker; start_s: number; text: string }[];
  shortened: boolean;
}

/** Of a transcript or a summary; `progress` from 0 to 1, where it is known. */
export interface HowFar {
  state: TextState | null;
  failure: TextFailure | null;
  progress: number | null;
  next_try_at: string | null;
}

export interface Texts {
  transcripts: Transcript[];
  summary: Summary;
}

interface BothHowFar {
  transcript: HowFar;
  summary: HowFar;
}

const AGAIN_MS = 2_000;

function isComing(state: TextState | null | undefined): boolean {
  return state === "waiting" || state === "running";
}

function stateOfOurs(texts: Texts): TextState | null {
  return texts.transcripts.find((one) => one.source === "ours")?.state ?? null;
}

/** Reading is noted in the audit: it is done once, and again when there is something new to read. How far it is may be
 * asked for as often as it changes. */
export function useTexts(call: string) {
  const texts = useQuery({
    queryKey: ["texts", call],
    queryFn: async () => {
      const [transcripts, summary] = await Promise.all([
        request("GET", `/calls/${call}/transcript`),
        request("GET", `/calls/${call}/summary`),
      ]);
      return { transcripts: (transcripts as Texts).transcripts, summary: summary as Summary };
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const { data, refetch } = texts;
  const howFar = useQuery({
    queryKey: ["texts", call, "how far"],
    queryFn: async () => (await request("GET", `/calls/${call}/texts`)) as BothHowFar,
    enabled: data !== undefined && (isComing(stateOfOurs(data)) || isComing(data.summary.state)),
    refetchInterval: AGAIN_MS,
    staleTime: 0,
    gcTime: 0,
  });
  const now = howFar.data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was read is behind what is told now
  useEffect(() => {
    if (now === undefined || data === undefined) return;
    if (now.transcript.state !== stateOfOurs(data) || now.summary.state !== data.summary.state) void refetch();
  }, [now]);
  return { texts, howFar: now };
}

export type TextKind = "transcript" | "summary";

/** Have it made again. */
export function useAskAgain(call: string, what: TextKind) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => request("POST", `/calls/${call}/${what}`),
    onSettled: () => queries.invalidateQueries({ queryKey: ["texts", call], exact: true }),
  });
}
