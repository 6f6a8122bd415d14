/** Work besides calls, as the gateway tells it. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { jobsPtBR } from "../i18n/jobs/pt-BR";
import { request } from "../session/api";
import { useDeed } from "../system/deeds";

export const STATES = ["waiting", "running", "failed"] as const;
export type JobState = (typeof STATES)[number];

/** `next_at`: it is not tried before. `last_error`: a word for why the last attempt failed. */
export interface Job {
  id: number;
  kind: string;
  subject: string;
  state: JobState;
  step: string | null;
  /** 0 to 1, of this step. */
  progress: number | null;
  attempts: number;
  last_error: string | null;
  created_at: string;
  next_at: string;
}

export interface JobsPage {
  jobs: Job[];
  next: number | null;
  counts: Record<JobState, number>;
}

const JOBS = ["jobs"];
const AGAIN_MS = 3_000;
const PAGE = 50;

/** Asked again while it is looked at: jobs come and go by themselves. */
export function useJobs(state: JobState | null) {
  return useInfiniteQuery({
    queryKey: [...JOBS, state],
    queryFn: async ({ pageParam }) => {
      const query = new URLSearchParams({ limit: String(PAGE) });
      if (state !== null) query.set("state", state);
      if (pageParam !== null) query.set("before", String(pageParam));
      return (await request("GET", `/jobs?${query}`)) as JobsPage;
    },
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

export function useRetry(job: number) {
  return useDeed<void, Job>(JOBS, () => request("POST", `/jobs/${job}/retry`));
}

type Kind = Exclude<keyof typeof jobsPtBR.kinds, "other">;
const KINDS: Record<Kind, { ofCall: boolean }> = {
  recording: { ofCall: true },
  transcribe: { ofCall: true },
  summarize: { ofCall: true },
  message: { ofCall: true },
  fetch_meta: { ofCall: false },
  erase_sound: { ofCall: true },
  erase_message: { ofCall: true },
  erase_meta: { ofCall: true },
  report: { ofCall: false },
};

export function kindOf(job: Job): Kind | "other" {
  return job.kind in KINDS ? (job.kind as Kind) : "other";
}

/** The call that it works on, if it is one. */
export function callOf(job: Job): string | null {
  const kind = kindOf(job);
  return kind !== "other" && KINDS[kind].ofCall ? job.subject : null;
}

type Reason = Exclude<keyof typeof jobsPtBR.reasons, "other">;
const REASONS: readonly Reason[] = [
  "worker_died",
  "vault_unreachable",
  "vault_refused",
  "vault_full",
  "disk",
  "expired",
];

export function reasonOf(code: string): Reason | "other" {
  return REASONS.find((reason) => reason === code) ?? "other";
}
