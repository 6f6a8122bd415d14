/** A number's plan at the gateway: read, checked while it is written, tried, saved. */
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, request } from "../session/api";
import type { Plan } from "./plan";
import type { Problem } from "./problems";
import { bodyOf, type TrialForm, type Walk } from "./trial";

export interface StoredPlan {
  version: number;
  plan: Plan | null;
  /** What the number does without a plan of its own. */
  usual: Plan;
  readable: boolean;
  /** Meta refuses calls outside the hours by itself. */
  closed_unheard: boolean;
  /** What has come to be wrong since it was saved. */
  problems: Problem[];
  changed_at: string | null;
  changed_by: string | null;
}

const CHECK_AFTER_MS = 350;
const LOOK_AGAIN_MS = 15_000;

export function planKey(number: number) {
  return ["plan", number];
}

export function usePlan(number: number) {
  return useQuery({
    queryKey: planKey(number),
    queryFn: async () => (await request("GET", `/numbers/${number}/plan`)) as StoredPlan,
    refetchInterval: LOOK_AGAIN_MS, // somebody else may save
    staleTime: 0,
  });
}

/** How long the number may ring before somebody must have answered, in seconds: its usual plan rings just so long. */
export function windowOf(usual: Plan): number {
  const ring = usual.steps[usual.start];
  return ring?.kind === "ring" && ring.for_s !== "" ? ring.for_s : 0;
}

/** `plan` null: the usual one. */
export function useSavePlan(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ plan, version }: { plan: Plan | null; version: number }) =>
      (await request("PUT", `/numbers/${number}/plan`, { version, plan })) as StoredPlan,
    onSuccess: (stored) => queries.setQueryData(planKey(number), stored),
    onError: (error) => {
      if (isConflict(error)) void queries.invalidateQueries({ queryKey: planKey(number) });
    },
  });
}

export interface Check {
  problems: readonly Problem[];
  state: "checking" | "checked" | "failed";
}

/** What is wrong with the plan as it is now, asked when nobody has typed for a moment. */
export function usePlanCheck(number: number, plan: Plan): Check {
  const [settled] = useDebouncedValue(plan, CHECK_AFTER_MS);
  const check = useQuery({
    queryKey: ["plan-check", number, settled],
    queryFn: () => problemsOf(number, settled),
    placeholderData: (before) => before,
    gcTime: 60_000,
    retry: false,
  });
  const current = settled === plan && !check.isPlaceholderData;
  const state = check.isError ? "failed" : current && check.isSuccess ? "checked" : "checking";
  return { problems: check.data ?? [], state };
}

async function problemsOf(number: number, plan: Plan): Promise<Problem[]> {
  try {
    return ((await request("POST", `/numbers/${number}/plan/check`, { plan })) as { problems: Problem[] }).problems;
  } catch (error) {
    const problems = problemsIn(error); // a plan with a gap is no plan at all to the gateway, which says where
    if (problems === null) throw error;
    return problems;
  }
}

/** What a refusal names, if it does. */
export function problemsIn(error: unknown): Problem[] | null {
  if (!(error instanceof ApiError) || error.status !== 422 || !Array.isArray(error.said.problems)) return null;
  return error.said.problems as Problem[];
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === "changed_meanwhile";
}

/** The walk, with the plan that was walked. */
export function useTrial(number: number) {
  return useMutation({
    mutationFn: async ({ plan, form }: { plan: Plan; form: TrialForm }) => ({
      plan,
      walk: (await request("POST", `/numbers/${number}/plan/try`, bodyOf(form, plan))) as Walk,
    }),
  });
}
