/** Where events go, and what became of each, as administrators see it. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { systemPtBR } from "../i18n/system/pt-BR";
import { ApiError, request } from "../session/api";
import { useDeed } from "./deeds";

export interface Subscription {
  id: number;
  url: string;
  description: string;
  types: string[] | null;
  created_at: string;
  failures: number;
  paused_until: string | null;
  held_at: string | null;
  waiting: number;
  dead: number;
}

export interface Subscriptions {
  subscriptions: Subscription[];
  kinds: string[];
}

export const DELIVERY_STATES = ["pending", "delivered", "dead"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface Delivery {
  event_id: string;
  type: string;
  subject: string;
  sequence: number;
  happened_at: string;
  state: DeliveryState;
  attempts: number;
  last_at: string | null;
  last_result: string | null;
  last_took_ms: number | null;
  next_at: string | null;
}

interface Deliveries {
  deliveries: Delivery[];
  next: string | null;
}

export interface Tested {
  event_id: string;
  taken: boolean;
  result: string;
  took_ms: number;
}

/** A subscription as it is typed. */
export interface SubscriptionDraft {
  url: string;
  description: string;
  types: string[] | null;
}

export const EVENTS = ["event-subscriptions"];
const AGAIN_MS = 10_000;
const AT_ONCE = 30;

/** Looked at now and then: what is delivered changes without us. */
export function useSubscriptions() {
  return useQuery({
    queryKey: [...EVENTS, "all"],
    queryFn: async () => (await request("GET", "/event-subscriptions")) as Subscriptions,
    refetchInterval: AGAIN_MS,
  });
}

export function useDeliveries(subscription: number, state: DeliveryState | null) {
  return useInfiniteQuery({
    queryKey: [...EVENTS, subscription, state],
    queryFn: async ({ pageParam }) => {
      const query = new URLSearchParams({ limit: String(AT_ONCE) });
      if (state !== null) query.set("state", state);
      if (pageParam !== null) query.set("before", pageParam);
      return (await request("GET", `/event-subscriptions/${subscription}/deliveries?${query}`)) as Deliveries;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
  });
}

export function useSubscribe() {
  return useDeed<SubscriptionDraft, Subscription & { secret: string }>(EVENTS, (draft) =>
    request("POST", "/event-subscriptions", {
      url: draft.url.trim(),
      description: draft.description.trim(),
      types: draft.types,
    }),
  );
}

export function useHold(id: number) {
  return useDeed<boolean, Subscription>(EVENTS, (held) => request("PUT", `/event-subscriptions/${id}/held`, { held }));
}

export function useTest(id: number) {
  return useDeed<void, Tested>(EVENTS, () => request("POST", `/event-subscriptions/${id}/test`));
}

/** One event by its id, or null: all that were given up. */
export function useReplay(id: number) {
  return useDeed<string | null, { events: number }>(EVENTS, (event_id) =>
    request("POST", `/event-subscriptions/${id}/replay`, event_id === null ? {} : { event_id }),
  );
}

export function useRemove(id: number) {
  return useDeed<void, null>(EVENTS, () => request("DELETE", `/event-subscriptions/${id}`));
}

export type ReceiverState = keyof typeof systemPtBR.events.states;

export function stateOf({ held_at, failures }: Subscription): ReceiverState {
  if (held_at !== null) return "held";
  return failures > 0 ? "failing" : "fine";
}

type Problem = keyof typeof systemPtBR.events.problem;
type Kind = keyof typeof systemPtBR.events.kinds;

/** What will not do of what was typed, before anybody is asked. */
export function problemsOf(draft: SubscriptionDraft): { url?: Problem; types?: Problem } {
  return {
    ...(URL.canParse(draft.url.trim()) ? {} : { url: "not_a_url" as const }),
    ...(draft.types?.length === 0 ? { types: "types" as const } : {}),
  };
}

/** Why the gateway does not send anything to this address; null: it did not say so. */
export function refusedUrl(error: Error | null): Problem | null {
  const problems = error instanceof ApiError && Array.isArray(error.said.problems) ? error.said.problems : [];
  const code: unknown = problems.find(({ field }) => field === "url")?.code;
  if (typeof code === "string") return Object.hasOwn(systemPtBR.events.problem, code) ? (code as Problem) : "not_a_url";
  return null;
}

/** In words; a kind of a later version by its own name. */
export function kindText(t: TFunction, kind: string): string {
  const word = kind.replace(".", "_");
  return Object.hasOwn(systemPtBR.events.kinds, word) ? t(`system.events.kinds.${word as Kind}`) : kind;
}

/** What a receiver answered, in words: `http.500`, `network.timeout`, `forbidden.private_address`. */
export function resultText(t: TFunction, result: string): string {
  const [kind, more = ""] = result.split(".", 2);
  if (kind === "http") return t("system.events.results.http", { status: more });
  if (kind === "forbidden") return t("system.events.results.forbidden");
  if (more === "timeout" || more === "unreachable" || more === "broken") return t(`system.events.results.${more}`);
  return result;
}
