/** What keeps Meta from punishing a number whose calls nobody takes. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { request } from "../session/api";
import { settingsKey } from "./settings";

export const AMOUNTS = [
  "warn_below_percent",
  "hide_below_percent",
  "least_calls",
  "look_back_h",
  "nobody_for_s",
  "back_for_s",
] as const;
export type Amount = (typeof AMOUNTS)[number];

export type Did = "warned" | "hid_icon" | "showed_icon" | "shortened_hours" | "restored_hours";
export type Cause = "nobody" | "low_pickup" | "meta_warned" | "somebody" | "new_day" | "switched_off";

interface Switches {
  enabled: boolean;
  hide_icon: boolean;
  shorten_hours: boolean;
}

export interface StoredGuard extends Switches, Record<Amount, number> {
  version: number;
  able: number;
  offered: number;
  picked_up: number;
  percent: number | null;
  can_shorten: boolean;
  icon_hidden: boolean;
  closed_today: boolean;
  acts: { at: string; did: Did; cause: Cause; able: number; offered: number; picked_up: number }[];
}

/** What is typed. */
export interface GuardDraft extends Switches, Record<Amount, string> {}

export function draftOf(stored: StoredGuard): GuardDraft {
  const { enabled, hide_icon, shorten_hours } = stored;
  const typed = Object.fromEntries(AMOUNTS.map((name) => [name, String(stored[name])])) as Record<Amount, string>;
  return { enabled, hide_icon, shorten_hours, ...typed };
}

export function formOf(draft: GuardDraft, version: number): object {
  return { version, ...draft, ...Object.fromEntries(AMOUNTS.map((name) => [name, Number(draft[name])])) };
}

const LOOK_AGAIN_MS = 20_000;

const guardKey = (number: number) => ["pickup-guard", number];

export function useGuard(number: number) {
  return useQuery({
    queryKey: guardKey(number),
    queryFn: async () => (await request("GET", `/numbers/${number}/pickup-guard`)) as StoredGuard,
    refetchInterval: LOOK_AGAIN_MS,
    staleTime: 0,
  });
}

export function useSaveGuard(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (form: object) => (await request("PUT", `/numbers/${number}/pickup-guard`, form)) as StoredGuard,
    onSuccess: (stored) => {
      queries.setQueryData(guardKey(number), stored);
      void queries.invalidateQueries({ queryKey: settingsKey(number) });
    },
    onError: () => queries.invalidateQueries({ queryKey: guardKey(number) }),
  });
}
