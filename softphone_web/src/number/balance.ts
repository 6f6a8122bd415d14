/** What the account behind a number holds, and what may be done below a floor. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { request } from "../session/api";
import { isLess, readAmount, writeAmount } from "./decimal";

export interface StoredBalance {
  version: number;
  changed_at: string | null;
  changed_by: string | null;
  enabled: boolean;
  floor: string;
  hard: boolean;
  inbound: boolean;
  outbound: boolean;
  standing: "off" | "unknown" | "fine" | "low";
  amount: string | null;
  currency: string | null;
  told_at: string | null;
  told_by: string | null;
  known_until: string | null;
}

/** What is typed. `floor` in the language of who types. */
export interface BalanceDraft {
  enabled: boolean;
  floor: string;
  hard: boolean;
  inbound: boolean;
  outbound: boolean;
}

export function draftOf(stored: StoredBalance, language: string): BalanceDraft {
  const { enabled, floor, hard, inbound, outbound } = stored;
  return { enabled, floor: writeAmount(floor, language), hard, inbound, outbound };
}

/** Null: the floor is no exact decimal. */
export function formOf(draft: BalanceDraft, version: number, language: string): object | null {
  const floor = readAmount(draft.floor, language);
  return floor === null ? null : { version, ...draft, floor };
}

export type Refuses = "none" | "inbound" | "outbound" | "both";

/** Which new calls would be refused from the moment that this is saved. */
export function refusesNow(draft: BalanceDraft, stored: StoredBalance, now_ms: number, language: string): Refuses {
  const floor = readAmount(draft.floor, language);
  const known = stored.known_until !== null && now_ms < Date.parse(stored.known_until);
  if (!draft.enabled || !draft.hard || floor === null || stored.amount === null || !known) return "none";
  if (!isLess(stored.amount, floor)) return "none";
  if (draft.inbound) return draft.outbound ? "both" : "inbound";
  return draft.outbound ? "outbound" : "none";
}

const LOOK_AGAIN_MS = 20_000;

const balanceKey = (number: number) => ["balance", number];

export function useBalance(number: number) {
  return useQuery({
    queryKey: balanceKey(number),
    queryFn: async () => (await request("GET", `/numbers/${number}/balance`)) as StoredBalance,
    refetchInterval: LOOK_AGAIN_MS,
    staleTime: 0,
  });
}

/** `what`: "balance": what the account holds; "balance/guard": what may be done. */
export function useWriteBalance(number: number, what: "balance" | "balance/guard") {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (form: object) => (await request("PUT", `/numbers/${number}/${what}`, form)) as StoredBalance,
    onSuccess: (stored) => queries.setQueryData(balanceKey(number), stored),
    onError: () => queries.invalidateQueries({ queryKey: balanceKey(number) }),
  });
}
