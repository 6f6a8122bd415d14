/** The words that agents choose from: why they pause, and what came of a call. */
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { ptBR } from "../i18n/pt-BR";
import { request } from "../session/api";

/** `label` null: a code that this page has a word for. */
export interface Reason {
  code: string;
  label: string | null;
}

export interface Reasons {
  pause: Reason[];
  disposition: Reason[];
}

const STALE_MS = 300_000;

export function useReasons() {
  return useQuery({
    queryKey: ["reasons"],
    queryFn: async () => (await request("GET", "/reasons")) as Reasons,
    staleTime: STALE_MS,
  });
}

export function pauseText(t: TFunction, code: string, own: readonly Reason[] = []): string {
  const label = own.find((reason) => reason.code === code)?.label;
  if (label) return label;
  return isKey(ptBR.afterCall.pause, code) ? t(`afterCall.pause.${code}`) : code;
}

export function resultText(t: TFunction, code: string, own: readonly Reason[] = []): string {
  const label = own.find((reason) => reason.code === code)?.label;
  if (label) return label;
  return isKey(ptBR.afterCall.result, code) ? t(`afterCall.result.${code}`) : code;
}

function isKey<T extends object>(texts: T, code: string): code is Extract<keyof T, string> {
  return Object.hasOwn(texts, code);
}
