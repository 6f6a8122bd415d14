/** Who calls and why: `/api/v1/calls/{call_id}/caller`, asked when a call rings here, and shown on its card as well. */
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import type { PastCall } from "../calls/calls";
import { request } from "../session/api";

export interface EarlierCall {
  call_id: string;
  at: string | null;
  direction: PastCall["direction"];
  outcome: PastCall["outcome"];
  talk_s: number | null;
  agent_name: string | null;
}

export interface Caller {
  /** false: a colleague took the call meanwhile, and it is no longer this agent's to know. Nothing else is told then. */
  known: boolean;
  /** Newest first; only those that this agent may see. */
  calls: EarlierCall[];
  protocol: { code: string; opened_at: string; department: string | null } | null;
  sticky_agent: { name: string; was_free: boolean } | null;
}

/** A call seldom rings or lasts longer than this without being looked at again. */
const FRESH_MS = 60_000;

/** Asked once for a ring and its call; given up when nobody looks at it any more, which is when it stops ringing. */
export function useCaller(call_id: string) {
  return useQuery({
    queryKey: ["caller", call_id],
    queryFn: async ({ signal }) => (await request("GET", `/calls/${call_id}/caller`, undefined, signal)) as Caller,
    staleTime: FRESH_MS,
    retry: 1,
  });
}

export function outcomeOf(t: TFunction, call: EarlierCall): string {
  if (call.direction === "outbound" && call.outcome === "missed") return t("calls.unanswered");
  return t(`calls.outcome.${call.outcome ?? "open"}`);
}
