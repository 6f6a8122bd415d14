/** How a number asks customers whether it may call them, as the gateway keeps it and Meta thinks of it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { settingsKey } from "../number/settings";
import { request } from "../session/api";

export const USES = ["fine", "waiting", "rejected", "paused", "disabled", "gone", "unknown"] as const;
export type Use = (typeof USES)[number];

export interface Chosen {
  name: string;
  language: string;
}

export interface KnownTemplate extends Chosen {
  use: Use;
  /** Meta's word; null: Meta does not have it, or was never asked. */
  status: string | null;
  reason: string | null;
  category: string | null;
  text: string;
  /** 0: the usual one; null: not chosen. */
  chosen: number | null;
}

export interface Asking {
  version: number;
  changed_at: string | null;
  changed_by: string | null;
  text: string;
  templates: KnownTemplate[];
  can_ask: boolean;
  asked_at: string | null;
  answered_at: string | null;
  failure: string | null;
}

/** What is typed. The first that is chosen is the usual one; of each language there is one. */
export interface Draft {
  text: string;
  chosen: Chosen[];
}

export const TEXT_LIMIT = 1024;

export function draftOf({ text, templates }: Asking): Draft {
  const chosen = templates
    .filter((one) => one.chosen !== null)
    .toSorted((one, other) => (one.chosen ?? 0) - (other.chosen ?? 0));
  return { text, chosen: chosen.map(({ name, language }) => ({ name, language })) };
}

export function isSame(one: Chosen, other: Chosen): boolean {
  return one.name === other.name && one.language === other.language;
}

export function placeOf(draft: Draft, template: Chosen): number {
  return draft.chosen.findIndex((one) => isSame(one, template));
}

/** Another one of its language makes room for it, and keeps its place. */
export function choose(draft: Draft, { name, language }: Chosen): Draft {
  const place = draft.chosen.findIndex((one) => one.language === language);
  const chosen = place === -1 ? [...draft.chosen, { name, language }] : draft.chosen.with(place, { name, language });
  return { ...draft, chosen };
}

export function leave(draft: Draft, template: Chosen): Draft {
  return { ...draft, chosen: draft.chosen.filter((one) => !isSame(one, template)) };
}

export function makeUsual(draft: Draft, template: Chosen): Draft {
  const { name, language } = template;
  return { ...draft, chosen: [{ name, language }, ...leave(draft, template).chosen] };
}

export function sameChosen(one: Draft, other: Draft): boolean {
  return (
    one.chosen.length === other.chosen.length && one.chosen.every((each, at) => isSame(each, other.chosen[at] ?? each))
  );
}

/** Whether Meta sends it now. */
export function isSent(use: Use): boolean {
  return use === "fine" || use === "unknown";
}

/** What is wrong with a template that is about to be handed in, by field. */
export function gapsOf({
  name,
  language,
  text,
}: NewTemplate): Partial<Record<keyof NewTemplate, "name" | "language" | "text" | "variables">> {
  return {
    ...(/^[a-z0-9_]{1,512}$/.test(name) ? {} : { name: "name" }),
    ...(/^[a-z]{2,3}(_[A-Z]{2})?$/.test(language) ? {} : { language: "language" }),
    ...(text.trim() === "" || text.length > TEXT_LIMIT ? { text: "text" } : {}),
    ...(/\{\{.*?\}\}/s.test(text) ? { text: "variables" } : {}),
  };
}

export interface NewTemplate {
  name: string;
  language: string;
  category: "UTILITY" | "MARKETING";
  text: string;
}

// ---- at the gateway

const LOOK_AGAIN_MS = 20_000;
const REVIEW_MS = 5_000;

const askingKey = (number: number) => ["permission-templates", number];

export function useAsking(number: number) {
  return useQuery({
    queryKey: askingKey(number),
    queryFn: async () => (await request("GET", `/numbers/${number}/permission-templates`)) as Asking,
    refetchInterval: ({ state }) =>
      state.data?.asked_at === null || state.data?.templates.some(({ use }) => use === "waiting")
        ? REVIEW_MS
        : LOOK_AGAIN_MS,
    staleTime: 0,
  });
}

export function useSaveAsking(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ version, draft }: { version: number; draft: Draft }) =>
      (await request("PUT", `/numbers/${number}/permission-templates`, {
        version,
        text: draft.text,
        templates: draft.chosen,
      })) as Asking,
    onSuccess: (stored) => {
      queries.setQueryData(askingKey(number), stored);
      void queries.invalidateQueries({ queryKey: settingsKey(number) });
    },
    onError: () => queries.invalidateQueries({ queryKey: askingKey(number) }),
  });
}

/** Asks Meta now. */
export function useSync(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => (await request("POST", `/numbers/${number}/permission-templates/sync`)) as Asking,
    onSuccess: (stored) => queries.setQueryData(askingKey(number), stored),
  });
}

export function useHandIn(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (template: NewTemplate) =>
      await request("POST", "/permission-templates", { number_id: number, ...template }),
    onSuccess: () => queries.invalidateQueries({ queryKey: askingKey(number) }),
  });
}

/** At Meta, in its one language. */
export function useDelete(number: number) {
  const queries = useQueryClient();
  return useMutation({
    networkMode: "always",
    mutationFn: async ({ name, language }: Chosen) => {
      const query = new URLSearchParams({ number_id: String(number), name, language });
      await request("DELETE", `/permission-templates?${query}`);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: askingKey(number) }),
  });
}
