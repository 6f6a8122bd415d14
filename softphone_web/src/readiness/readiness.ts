/** What a number needs to work, as the gateway has found it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { request } from "../session/api";

export type CheckState = "fine" | "missing" | "unknown";
export type Area = (typeof AREAS)[number];

export interface Check {
  code: string;
  area: Area;
  needed: "calls" | "in" | "out" | "advice";
  state: CheckState;
  /** What was found, in a stable word; null: the state says it all. */
  why: string | null;
  data: Record<string, string | number>;
}

export interface Readiness {
  checks: Check[];
  calls_in: CheckState;
  calls_out: CheckState;
  meta_at: string | null;
}

export const AREAS = ["meta", "number", "people", "plan", "server"] as const;
const LOOK_AGAIN_MS = 15_000;

function key(number: number) {
  return ["readiness", number];
}

export function useReadiness(number: number) {
  return useQuery({
    queryKey: key(number),
    queryFn: async () => (await request("GET", `/numbers/${number}/readiness`)) as Readiness,
    refetchInterval: LOOK_AGAIN_MS,
    staleTime: 0,
  });
}

/** Asks Meta now. */
export function useCheckAgain(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => (await request("GET", `/numbers/${number}/readiness?anew=true`)) as Readiness,
    onSuccess: (found) => queries.setQueryData(key(number), found),
  });
}

/** How a check is shown: advice that is not followed is no lack. */
export type Shown = CheckState | "advice";

export function shownAs({ state, needed }: Check): Shown {
  return state === "missing" && needed === "advice" ? "advice" : state;
}

const WEIGHT: Record<Shown, number> = { missing: 0, unknown: 1, advice: 2, fine: 3 };

/** The checks of each area: what is missing first. Areas without any are left out. */
export function byArea(checks: readonly Check[]): [Area, Check[]][] {
  return AREAS.map((area): [Area, Check[]] => [
    area,
    checks
      .filter((check) => check.area === area)
      .toSorted((one, other) => WEIGHT[shownAs(one)] - WEIGHT[shownAs(other)]),
  ]).filter(([, found]) => found.length > 0);
}

export type Place = "plan" | "hours" | "people" | "settings" | "templates";

/** Where it can be mended; codes that no page mends are not here. */
const MENDED_AT: Readonly<Record<string, Place>> = {
  token: "settings",
  webhook_delivers: "settings",
  calling: "settings",
  messaging_limit: "settings",
  coexistence: "settings",
  restrictions: "settings",
  country: "settings",
  icon: "settings",
  outbound: "settings",
  template: "templates",
  pickup_guard: "settings",
  balance_guard: "settings",
  label: "settings",
  department: "settings",
  settings_at_meta: "settings",
  inbound: "settings",
  hours: "hours",
  hours_at_meta: "hours",
  plan: "plan",
  plan_waits: "plan",
  plan_closed: "plan",
  takers: "people",
  callers: "people",
  free: "people",
  department_may_call: "people",
};

export function mendedAt(number: number, code: string): { place: Place; path: string } | null {
  const place = MENDED_AT[code];
  if (place === undefined) return null;
  return { place, path: place === "people" ? "/people" : `/numbers/${number}/${place}` };
}
