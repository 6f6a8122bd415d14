/** A number's hours at the gateway, and what Meta has of them. */
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { NUMBERS } from "../admin/office";
import { problemsIn } from "../plans/plans";
import { ApiError, request } from "../session/api";
import { type Draft, gapsOf, type Problem, type Schedule, scheduleOf } from "./schedule";

export type MetaState = "not_told" | "waiting" | "same" | "different" | "failed";

export interface StoredHours {
  version: number;
  schedule: Schedule | null;
  readable: boolean;
  tell_meta: boolean;
  at_meta: {
    state: MetaState;
    at: string;
    differences: { place: string; ours: string; metas: string }[];
    failure: string | null;
  } | null;
  is_open: boolean;
  next_opening: string | null;
  changed_at: string | null;
  changed_by: string | null;
}

const CHECK_AFTER_MS = 350;
const WAITING_MS = 2_000;
const LOOK_AGAIN_MS = 20_000;

export function hoursKey(number: number) {
  return ["hours", number];
}

export function useHours(number: number) {
  return useQuery({
    queryKey: hoursKey(number),
    queryFn: async () => (await request("GET", `/numbers/${number}/schedule`)) as StoredHours,
    refetchInterval: ({ state }) => (state.data?.at_meta?.state === "waiting" ? WAITING_MS : LOOK_AGAIN_MS),
    staleTime: 0,
  });
}

export function useSaveHours(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ draft, version }: { draft: Draft; version: number }) =>
      (await request("PUT", `/numbers/${number}/schedule`, {
        version,
        schedule: scheduleOf(draft),
        tell_meta: draft.tell,
      })) as StoredHours,
    onSuccess: (stored) => queries.setQueryData(hoursKey(number), stored),
    onError: (error) => {
      if (error instanceof ApiError && error.status === 409) {
        void queries.invalidateQueries({ queryKey: hoursKey(number) });
      }
    },
  });
}

/** Writes our hours over what Meta has. */
export function useTellMeta(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => (await request("POST", `/numbers/${number}/schedule/sync`)) as StoredHours,
    onSuccess: (stored) => queries.setQueryData(hoursKey(number), stored),
  });
}

/** Whether the number takes calls of customers at all; in force at once. */
export function useInbound(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (enabled: boolean) => request("PUT", `/numbers/${number}/inbound`, { enabled }),
    onSettled: () => queries.invalidateQueries({ queryKey: NUMBERS }),
  });
}

/** What is wrong with the hours as they are typed. */
export function useHoursCheck(number: number, draft: Draft) {
  const gaps = gapsOf(draft);
  const [settled] = useDebouncedValue(draft, CHECK_AFTER_MS);
  const schedule = gapsOf(settled).length > 0 ? null : scheduleOf(settled);
  const check = useQuery({
    queryKey: ["hours-check", number, schedule, settled.tell],
    queryFn: () => problemsOf(number, schedule, settled.tell),
    placeholderData: (before) => before,
    gcTime: 60_000,
    retry: false,
  });
  const found = draft.always ? [] : (check.data ?? []);
  return {
    problems: [...gaps, ...found],
    checking: settled !== draft || check.isPlaceholderData || check.isPending,
  };
}

async function problemsOf(number: number, schedule: Schedule | null, tell_meta: boolean): Promise<Problem[]> {
  if (schedule === null) return [];
  try {
    const path = `/numbers/${number}/schedule/check`;
    return ((await request("POST", path, { schedule, tell_meta })) as { problems: Problem[] }).problems;
  } catch (error) {
    const problems = problemsIn(error);
    if (problems === null) throw error;
    return problems;
  }
}
