/** Keys of integrators, as administrators see and make them. */

import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { beginningOf, daysLater, isDay } from "../history/zone";
import { systemPtBR } from "../i18n/system/pt-BR";
import { accountZone } from "../i18n/zone";
import { request } from "../session/api";
import { useDeed } from "./deeds";

export interface ApiKey {
  prefix: string;
  actor: string;
  name: string;
  scopes: string[];
  number_ids: number[] | null;
  department_ids: number[] | null;
  per_minute: number | null;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  works: boolean;
}

export interface Keys {
  keys: ApiKey[];
  scopes: string[];
  usual_per_minute: number;
}

/** A key as it is typed. `expires`: a day as `2026-03-04`, or nothing. */
export interface KeyDraft {
  name: string;
  scopes: string[];
  number_ids: number[] | null;
  department_ids: number[] | null;
  expires: string;
  per_minute: string;
}

export const EMPTY_KEY: KeyDraft = {
  name: "",
  scopes: [],
  number_ids: null,
  department_ids: null,
  expires: "",
  per_minute: "",
};

export const KEYS = ["api-keys"];

export function useKeys() {
  return useQuery({ queryKey: KEYS, queryFn: async () => (await request("GET", "/api-keys")) as Keys });
}

export function useAddKey() {
  return useDeed<KeyDraft, { key: ApiKey; token: string }>(KEYS, (draft) =>
    request("POST", "/api-keys", bodyOf(draft)),
  );
}

export function useRevokeKey(prefix: string) {
  return useDeed<void, ApiKey>(KEYS, () => request("POST", `/api-keys/${prefix}/revoke`));
}

const MOST_PER_MINUTE = 1_000_000;

/** What will not do, before anybody is asked: `field` → `field_code`. */
export function problemsOf(draft: KeyDraft, now: Date): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (draft.name.trim() === "" || draft.name.trim().length > 120) wrong.name = "name_invalid";
  if (draft.scopes.length === 0) wrong.scopes = "scopes_invalid";
  if (draft.number_ids?.length === 0) wrong.number_ids = "number_ids_invalid";
  if (draft.department_ids?.length === 0) wrong.department_ids = "department_ids_invalid";
  const per_minute = draft.per_minute.trim();
  if (per_minute !== "" && !(/^\d{1,7}$/.test(per_minute) && within(Number(per_minute)))) {
    wrong.per_minute = "per_minute_invalid";
  }
  if (draft.expires !== "" && !(isDay(draft.expires) && endOf(draft.expires) > now))
    wrong.expires_at = "expires_at_invalid";
  return wrong;
}

function within(perMinute: number): boolean {
  return perMinute >= 1 && perMinute <= MOST_PER_MINUTE;
}

/** The last second of a day of the account's zone. */
function endOf(day: string): Date {
  return new Date(beginningOf(daysLater(day, 1), accountZone()).getTime() - 1_000);
}

function bodyOf({ name, scopes, number_ids, department_ids, expires, per_minute }: KeyDraft): object {
  return {
    name: name.trim(),
    scopes,
    number_ids,
    department_ids,
    expires_at: expires === "" ? null : endOf(expires).toISOString(),
    per_minute: per_minute.trim() === "" ? null : Number(per_minute),
  };
}

export type KeyState = keyof typeof systemPtBR.keys.states;

export function stateOf(key: ApiKey): KeyState {
  if (key.revoked_at !== null) return "revoked";
  return key.works ? "works" : "expired";
}

type Scope = keyof typeof systemPtBR.keys.scopes;
type Problem = keyof typeof systemPtBR.keys.problem;

/** In words; a scope of a later version by its own name. */
export function scopeText(t: TFunction, scope: string): string {
  const word = scope.replace(":", "_");
  return Object.hasOwn(systemPtBR.keys.scopes, word) ? t(`system.keys.scopes.${word as Scope}`) : scope;
}

export function problemText(t: TFunction, code: string): string {
  return Object.hasOwn(systemPtBR.keys.problem, code)
    ? t(`system.keys.problem.${code as Problem}`)
    : t("system.refused", { code });
}
