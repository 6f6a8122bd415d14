/** What became of a call's sound, and where it can be heard: the server's side of the player. */
import { useQuery } from "@tanstack/react-query";
import { request } from "../session/api";

export type RecordingState = "recording" | "finishing" | "recorded" | "partial" | "failed" | "refused" | "deleted";

export interface Mark {
  at_s: number;
  mark: "talking" | "held" | "resumed" | "transferred" | "paused" | "continued" | "key" | "lost" | "playing" | "played";
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
  /** It goes by itself then; null: never. */
  keep_until: string | null;
  legal_hold: boolean;
  progress: number | null;
  last_error: string | null;
  marks: Mark[];
  peaks: Peaks | null;
  may_replay_live: boolean;
  may_download: boolean;
  /** What Meta itself recorded; null: it was not asked to. */
  meta: MetaRecording | null;
}

export interface MetaRecording {
  state: "waiting" | "done" | "failed" | "erased";
  reason: string | null;
  arrived_at: string;
  size_bytes: number | null;
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

const AGAIN_MS = 3_000;
const GOING_ON: readonly string[] = ["recording", "finishing"];

function isGoingOn(recording: CallRecording | undefined): boolean {
  return GOING_ON.includes(recording?.state ?? "") || recording?.meta?.state === "waiting";
}

export function useCallRecording(call: string) {
  return useQuery({
    queryKey: ["recording", call],
    queryFn: async () => (await request("GET", `/calls/${call}/recording`)) as CallRecording,
    refetchInterval: (query) => (isGoingOn(query.state.data) ? AGAIN_MS : false),
    staleTime: 0,
  });
}

/** Raises ApiError, TypeError. Each one is a replay of its own in the audit. */
export async function askUrl(call: string, purpose: "replay" | "download" | "meta"): Promise<ReplayUrl> {
  return (await request("POST", `/calls/${call}/recording/url`, { purpose })) as ReplayUrl;
}
