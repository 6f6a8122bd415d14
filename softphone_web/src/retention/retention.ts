/** What is kept of calls and until when, as the gateway tells it, and erasing it by hand. */
import { useQuery } from "@tanstack/react-query";
import { request } from "../session/api";
import { useDeed } from "../system/deeds";

export type Thing = "recording" | "message";

/** How many there are; within a day, a week and 30 days go so many, each counting those before. */
export interface Outlook {
  kept: number;
  day: number;
  week: number;
  month: number;
  held: number;
  for_good: number;
}

export const COUNTS = ["kept", "day", "week", "month", "held", "for_good"] as const;

/** Of one number's calls in one department. Days null: for ever. */
export interface Shelf {
  number_id: number;
  department_id: number | null;
  inbound_days: number | null;
  outbound_days: number | null;
  recordings: Outlook;
  messages: Outlook;
}

/** `due_at` null: it does not go by itself. `meta`: what Meta made of a call that we did not record. */
export interface Scheduled {
  thing: Thing | "meta";
  call_id: string;
  number_id: number;
  department_id: number | null;
  due_at: string | null;
  legal_hold: boolean;
  with_recording: boolean;
}

export interface Schedule {
  lines: Scheduled[];
  more: boolean;
}

const RETENTION = ["retention"];
const AGAIN_MS = 30_000;

export function useShelves() {
  return useQuery({
    queryKey: [...RETENTION, "shelves"],
    queryFn: async () => ((await request("GET", "/retention")) as { shelves: Shelf[] }).shelves,
    refetchInterval: AGAIN_MS,
    staleTime: 0,
  });
}

export function useSchedule() {
  return useQuery({
    queryKey: [...RETENTION, "schedule"],
    queryFn: async () => (await request("GET", "/retention/schedule")) as Schedule,
    refetchInterval: AGAIN_MS,
    staleTime: 0,
  });
}

const PLACE: Record<Thing, (call: string) => string> = {
  recording: (call) => `/recordings/${call}`,
  message: (call) => `/calls/${call}/message`,
};

/** `mutate(on)`: legal hold. */
export function useHold(thing: Thing, call: string) {
  return useDeed<boolean, Scheduled>(RETENTION, (on) => request("PUT", `${PLACE[thing](call)}/hold`, { on }));
}

export function useErase(thing: Thing, call: string) {
  return useDeed<void, null>(RETENTION, () => request("DELETE", PLACE[thing](call)));
}

export function useForget(contact: number) {
  return useDeed<void, null>(["contacts"], () => request("POST", `/contacts/${contact}/erase`));
}
