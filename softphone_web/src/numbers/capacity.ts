/** How much of what each number, and this server, may carry is in use. */
import { useQuery } from "@tanstack/react-query";
import { request } from "../session/api";

/** `limit` null: there is none. */
export interface Budget {
  limit: number | null;
  used: number;
}

export interface NumberBudgets {
  number_id: number;
  label: string;
  department: string | null;
  disabled?: boolean;
  inbound: Budget;
  outbound: Budget;
  /** Calls begun in the last 24 hours. */
  initiations: Budget;
}

export interface Capacity {
  at: string;
  /** `not_enabled`: no number at all is enabled. */
  calling: "enabled" | "not_enabled";
  numbers: NumberBudgets[];
  /** Administrators only. `cpu` is in percent. */
  process: Record<string, Budget> | null;
}

const AGAIN_MS = 2_000;
const TIGHT = 0.8;

export function useCapacity() {
  return useQuery({
    queryKey: ["capacity"],
    queryFn: async () => (await request("GET", "/capacity")) as Capacity,
    refetchInterval: AGAIN_MS,
    staleTime: 0,
  });
}

export type Strain = "fine" | "tight" | "full";

export function strainOf({ limit, used }: Budget): Strain {
  if (limit === null) return "fine";
  if (used >= limit) return "full";
  return used >= TIGHT * limit ? "tight" : "fine";
}

/** 0 to 1, for a bar. */
export function shareOf({ limit, used }: Budget): number {
  return limit === null || limit <= 0 ? 0 : Math.min(1, used / limit);
}
