/** Customers who should be called back. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDesk } from "../desk/DeskProvider";
import type { Chosen } from "../desk/desk";
import { ApiError, request } from "../session/api";

export interface Callback {
  id: number;
  number_id: number;
  number_label: string;
  department: string | null;
  contact_id: number;
  customer_name: string | null;
  customer_label: string;
  call_id: string;
  reason: "missed" | "abandoned" | "promised" | "interrupted" | "failed";
  times: number;
  first_at: string;
  last_at: string;
  taken_by: number | null;
  taken_by_name: string | null;
  /** How the customer stands with the number; null: not known. */
  permission: string | null;
  /** What they said after the beep, oldest first. */
  /** `with_recording`: held with the call's recording, and only so lifted. */
  messages: { call_id: string; seconds: number; legal_hold: boolean; with_recording: boolean }[];
}

const CALLBACKS = ["callbacks"];
const AGAIN_MS = 5_000;
const COUNT_AGAIN_MS = 30_000;

/** Changes when a card may have been made, closed or changed: a ring stopped unanswered, a call of mine went on, or a
 * customer allows calls now, or no longer. */
function useNews(): string {
  const { state, ringNote, permissionNews } = useDesk();
  const standing = [permissionNews?.contact_id, permissionNews?.number_id, permissionNews?.status];
  return [ringNote?.call_id, state?.last_call?.call_id, state?.call?.phase, ...standing].join();
}

export function useCallbacks() {
  const news = useNews();
  return useQuery({
    queryKey: [...CALLBACKS, "open", news],
    queryFn: async () => ((await request("GET", "/callbacks")) as { callbacks: Callback[] }).callbacks,
    placeholderData: (before) => before,
    refetchInterval: AGAIN_MS,
    staleTime: 0,
  });
}

/** For everybody, all day: a number, and not the cards. */
export function useOpenCallbacks(): number {
  const news = useNews();
  const count = useQuery({
    queryKey: [...CALLBACKS, "count", news],
    queryFn: async () => ((await request("GET", "/callbacks/count")) as { open: number }).open,
    placeholderData: (before) => before,
    refetchInterval: COUNT_AGAIN_MS,
    staleTime: 0,
  });
  return count.data ?? 0;
}

export type CallbackDeed = "take" | "give-back" | "done" | "dismissed";

/** `mutate` of a card; `takenBy`: somebody was quicker. */
export function useCallbackDeed() {
  const queries = useQueryClient();
  const deed = useMutation({
    mutationFn: ({ id, what }: { id: number; what: CallbackDeed }) =>
      what === "take" || what === "give-back"
        ? request("POST", `/callbacks/${id}/${what}`)
        : request("POST", `/callbacks/${id}/close`, { closed_as: what }),
    onSettled: () => queries.invalidateQueries({ queryKey: CALLBACKS }),
  });
  const { error } = deed;
  const takenBy = error instanceof ApiError && error.code === "taken" ? String(error.said.by ?? "") : null;
  return { ...deed, takenBy };
}

export function choiceOfCard(card: Callback): Chosen {
  return {
    contact_id: card.contact_id,
    number_id: card.number_id,
    name: card.customer_name,
    label: card.customer_label,
  };
}
