/** Whether a customer may be called or asked now: `/api/v1/permissions`, and asking: `/api/v1/permission-requests`. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { request } from "../session/api";

/** A contact that the gateway knows (`by`: which of two identities), or a typed number: digits with country code. */
export type Callee = { contact_id: number; by?: "phone" | "bsuid" } | { phone: string };

/** `signaling.verdict`: times are ISO 8601. */
export interface Verdict {
  allowed: boolean;
  until: string | null;
  caution: string | null;
  code: string | null;
  retry_at: string | null;
  rule: string | null;
  limit: number | null;
  used: number | null;
  next_step: string | null;
}

/** `asked_at`: when the request that waits for the customer's answer was sent. */
export interface PermissionState {
  number_id: number;
  status: string;
  until: string | null;
  asked_at: string | null;
  call: Verdict;
  request: Verdict;
  unanswered: number;
  /** Whether a message with a call button may be sent. */
  invite?: Verdict;
}

export const PERMISSION = ["permission"];

function keyOf(number_id: number, callee: Callee): unknown[] {
  return [...PERMISSION, number_id, callee];
}

/** `presence` is the agent's: the gateway's verdict looks at it. */
export function usePermission(number_id: number, callee: Callee | null, presence: string) {
  return useQuery({
    queryKey: [...keyOf(number_id, callee ?? { phone: "" }), presence],
    queryFn: async () => {
      const who = new URLSearchParams({ number_id: String(number_id) });
      for (const [name, value] of Object.entries(callee ?? {})) who.set(name, String(value));
      return (await request("GET", `/permissions?${who}`)) as PermissionState;
    },
    enabled: callee !== null,
    staleTime: 0,
  });
}

export function useAskPermission(number_id: number, callee: Callee | null) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () =>
      (await request("POST", "/permission-requests", { number_id, customer: callee })) as PermissionState,
    onSettled: () => queries.invalidateQueries({ queryKey: PERMISSION }),
  });
}
