import { useQuery } from "@tanstack/react-query";
import type { Chosen } from "../desk/desk";
import type { RecordingState } from "../replay/replay";
import { request } from "../session/api";

/** One line of `GET /api/v1/calls`. `outcome` is null while the call lives. */
export interface PastCall {
  call_id: string;
  number_id: number;
  /** null: nobody knows who called. */
  contact_id: number | null;
  direction: "inbound" | "outbound";
  number_label: string;
  customer_name: string | null;
  customer_label: string;
  outcome: "answered" | "missed" | "abandoned" | "declined" | "failed" | null;
  ended_by: "customer" | "agent" | "gateway" | null;
  offered_at: string | null;
  talk_s: number | null;
  agent_name: string | null;
  failure_code: string | null;
  /** null: nothing of it was to be kept. */
  recording: RecordingState | null;
  /** Meta's own recording of it can be heard. */
  meta_recording: boolean;
}

export const RECENT_CALLS = ["calls", "recent"];
const SHOWN = 20;
const AGAIN_MS = 20_000;
const SOON_MS = 2_500;

export function useRecentCalls() {
  return useQuery({
    queryKey: RECENT_CALLS,
    queryFn: async () => ((await request("GET", `/calls?limit=${SHOWN}`)) as { calls: PastCall[] }).calls,
    // A recording that is being finished will be there in a moment.
    refetchInterval: (query) => (query.state.data?.some((call) => call.recording === "finishing") ? SOON_MS : AGAIN_MS),
    staleTime: 0,
  });
}

/** The customer of a call, to be called; null: nobody knows who they are. */
export function choiceOf(call: PastCall): Chosen | null {
  const { contact_id, number_id, customer_name: name, customer_label: label } = call;
  return contact_id === null ? null : { contact_id, number_id, name, label };
}
