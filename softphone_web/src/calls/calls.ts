import { useQuery } from "@tanstack/react-query";
import { request } from "../session/api";

/** One line of `GET /api/v1/calls`. `outcome` is null while the call lives. */
export interface PastCall {
  call_id: string;
  number_label: string;
  customer_name: string | null;
  customer_label: string;
  outcome: "answered" | "missed" | "declined" | "failed" | null;
  ended_by: "customer" | "agent" | "gateway" | null;
  offered_at: string | null;
  talk_s: number | null;
  agent_name: string | null;
  failure_code: string | null;
}

export const RECENT_CALLS = ["calls", "recent"];
const SHOWN = 20;
const AGAIN_MS = 20_000;

export function useRecentCalls() {
  return useQuery({
    queryKey: RECENT_CALLS,
    queryFn: async () => ((await request("GET", `/calls?limit=${SHOWN}`)) as { calls: PastCall[] }).calls,
    refetchInterval: AGAIN_MS,
    staleTime: 0,
  });
}
