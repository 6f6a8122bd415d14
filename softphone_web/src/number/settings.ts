/** A number as a whole at the gateway, what Meta has of it, and how it stands there. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { NUMBERS } from "../admin/office";
import { ApiError, request } from "../session/api";
import type { OpenAlert } from "../standing/standing";

export const PLACES = ["calling", "icon", "callback", "countries"] as const;
export type PlaceName = (typeof PLACES)[number];
export type MirrorState = "left_alone" | "waiting" | "same" | "different" | "failed";
export type LimitValue = number | string[];

export interface PlaceAtMeta {
  place: PlaceName;
  /** null: left as Meta has it. */
  ours: string | null;
  /** null: not known. */
  metas: string | null;
  differs: boolean;
  failure: string | null;
  said: string;
}

export interface Limit {
  name: string;
  value: LimitValue;
  metas: LimitValue;
  since: string | null;
  source: string;
}

export interface Rule {
  name: string;
  value: number;
  usual: number;
  least: number;
  most: number;
}

export interface Live {
  at: string | null;
  failure: string | null;
  calling: boolean | null;
  sip: boolean | null;
  coexistence: boolean | null;
  verified_name: string;
  quality: string;
  tier: string;
  messaging_limit: number | null;
  can_send: string;
  health: { entity: string; can_send: string; errors: { code: number; said: string; solution: string }[] }[];
  restrictions: { kind: string; until: string | null }[];
}

export interface Operators {
  department_ids: number[];
  agent_ids: number[];
}

export interface NumberSettings {
  id: number;
  version: number;
  changed_at: string | null;
  changed_by: string | null;
  phone_number_id: string;
  waba_id: string;
  phone: string;
  country: string | null;
  disabled_at: string | null;
  own_token: boolean;
  label: string;
  slug: string;
  department_id: number | null;
  /** null: the people of the department. */
  operators: Operators | null;
  inbound: boolean;
  outbound: boolean;
  limits: Limit[];
  rules: Rule[];
  template: { name: string; language: string } | null;
  wanted: {
    calling: boolean | null;
    icon: "shown" | "hidden" | null;
    callback: boolean | null;
    countries: string[] | null;
  };
  at_meta: { state: MirrorState; at: string | null; failure: string | null; places: PlaceAtMeta[] };
  live: Live;
  warnings: { at: string; kind: string; type: string; until: string | null }[];
  /** What is open, the gravest first. */
  alerts: OpenAlert[];
  people: { take: number; call: number; free: number } | null;
}

export interface Finding {
  code: string;
  state: "fine" | "missing" | "unknown";
  why: string | null;
  field: string | null;
  stops: boolean;
  said: string;
}

/** What is typed. "" is "as Meta has it" where Meta is concerned, and Meta's value for a limit. */
export interface Draft {
  label: string;
  slug: string;
  department: string;
  operators: Operators | null;
  inbound: boolean;
  outbound: boolean;
  calling: "" | "on" | "off";
  icon: "" | "shown" | "hidden";
  callback: "" | "on" | "off";
  /** null: as Meta has it; "": everybody. */
  countries: string | null;
  limits: Record<string, string>;
  rules: Record<string, string>;
}

export function draftOf(stored: NumberSettings): Draft {
  const { wanted } = stored;
  return {
    label: stored.label,
    slug: stored.slug,
    department: stored.department_id === null ? "" : String(stored.department_id),
    operators: stored.operators,
    inbound: stored.inbound,
    outbound: stored.outbound,
    calling: switched(wanted.calling),
    icon: wanted.icon ?? "",
    callback: switched(wanted.callback),
    countries: wanted.countries === null ? null : wanted.countries.join(", "),
    limits: Object.fromEntries(
      stored.limits.map(({ name, value, metas }) => [name, sameValue(value, metas) ? "" : typed(value)]),
    ),
    rules: Object.fromEntries(
      stored.rules.map(({ name, value, usual }) => [name, value === usual ? "" : String(value)]),
    ),
  };
}

/** What the gateway is sent, whole. */
export function formOf(draft: Draft, stored: NumberSettings, version: number): object {
  const isList = (name: string) => Array.isArray(stored.limits.find((limit) => limit.name === name)?.metas);
  return {
    version,
    label: draft.label.trim(),
    slug: draft.slug.trim(),
    department_id: draft.department === "" ? null : Number(draft.department),
    operators: draft.operators,
    inbound: draft.inbound,
    outbound: draft.outbound,
    limits: filled(draft.limits, (name, text) => (isList(name) ? codes(text) : Math.trunc(Number(text)))),
    rules: filled(draft.rules, (_, text) => Number(text)),
    template: stored.template, // chosen on a page of its own
    at_meta: {
      calling: draft.calling === "" ? null : draft.calling === "on",
      icon: draft.icon === "" ? null : draft.icon,
      callback: draft.callback === "" ? null : draft.callback === "on",
      countries: draft.countries === null ? null : codes(draft.countries),
    },
  };
}

export type Changed =
  | "label"
  | "slug"
  | "department"
  | "operators"
  | "inbound"
  | "outbound"
  | PlaceName
  | "limits"
  | "rules";

/** Which parts differ, in the order of the page. */
export function changesOf(before: Draft, after: Draft): Changed[] {
  const names = [
    "label",
    "slug",
    "department",
    "operators",
    "inbound",
    "outbound",
    ...PLACES,
    "limits",
    "rules",
  ] as const;
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

/** As `signaling.number_form` reads it. */
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** What cannot even be sent. */
export function gapsOf(draft: Draft, stored: NumberSettings): Record<string, string> {
  const gaps: Record<string, string> = {};
  if (draft.label.trim() === "") gaps.label = "missing";
  if (draft.slug.trim() === "") gaps.slug = "missing";
  else if (!SLUG.test(draft.slug.trim())) gaps.slug = "bad_slug";
  const { operators } = draft;
  if (operators !== null && operators.department_ids.length + operators.agent_ids.length === 0)
    gaps.operators = "nobody";
  for (const { name, metas } of stored.limits) {
    const text = draft.limits[name]?.trim() ?? "";
    if (text !== "" && !Array.isArray(metas) && !/^[0-9]{1,9}$/.test(text)) gaps[`limits.${name}`] = "wrong_type";
  }
  for (const { name, least, most } of stored.rules) {
    const text = draft.rules[name]?.trim() ?? "";
    const value = Number(text);
    if (text !== "" && !(value >= least && value <= most)) gaps[`rules.${name}`] = "out_of_range";
  }
  return gaps;
}

/** What the gateway found wrong, by field; `""`: of the whole. */
export function refusedFields(error: Error | null): Record<string, string> {
  const problems = error instanceof ApiError && Array.isArray(error.said.problems) ? error.said.problems : [];
  return Object.fromEntries(problems.map(({ field, code }) => [field, code]));
}

function switched(value: boolean | null): "" | "on" | "off" {
  return value === null ? "" : value ? "on" : "off";
}

export function typed(value: LimitValue): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function sameValue(a: LimitValue, b: LimitValue): boolean {
  return typed(a) === typed(b);
}

function codes(text: string): string[] {
  return text
    .split(/[\s,;]+/)
    .filter((code) => code !== "")
    .map((code) => code.toUpperCase());
}

function filled<T>(texts: Record<string, string>, read: (name: string, text: string) => T): Record<string, T> {
  const given = Object.entries(texts).filter(([, text]) => text.trim() !== "");
  return Object.fromEntries(given.map(([name, text]) => [name, read(name, text.trim())]));
}

// ---- at the gateway

const WAITING_MS = 2_000;
const LOOK_AGAIN_MS = 20_000;

export function settingsKey(number: number) {
  return ["number-settings", number];
}

export function useSettings(number: number) {
  return useQuery({
    queryKey: settingsKey(number),
    queryFn: async () => (await request("GET", `/numbers/${number}/settings`)) as NumberSettings,
    refetchInterval: ({ state }) => (state.data?.at_meta.state === "waiting" ? WAITING_MS : LOOK_AGAIN_MS),
    staleTime: 0,
  });
}

/** How many recording policies there are. */
export function useRecordingRules(number: number) {
  return useQuery({
    queryKey: ["number-recording", number],
    queryFn: async () =>
      ((await request("GET", `/numbers/${number}/recording`)) as { rules: { when: string }[] }).rules.length,
  });
}

export function useSaveSettings(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (form: object) => (await request("PUT", `/numbers/${number}/settings`, form)) as NumberSettings,
    onSuccess: (stored) => {
      queries.setQueryData(settingsKey(number), stored);
      void queries.invalidateQueries({ queryKey: NUMBERS });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 409) {
        void queries.invalidateQueries({ queryKey: settingsKey(number) });
      }
    },
  });
}

/** Something that is done at once, and answers with the number as it then is. */
export function useAct(number: number, act: "settings/sync" | "disable" | "enable") {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => (await request("POST", `/numbers/${number}/${act}`)) as NumberSettings,
    onSuccess: (stored) => {
      queries.setQueryData(settingsKey(number), stored);
      void queries.invalidateQueries({ queryKey: NUMBERS });
    },
  });
}

export function useRemove(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => request("DELETE", `/numbers/${number}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: NUMBERS }),
  });
}

async function findings(path: string, body?: object): Promise<Finding[]> {
  return ((await request("POST", path, body)) as { findings: Finding[] }).findings;
}

/** Asks Meta now; what the page shows of Meta is new afterwards. */
export function useCheck(number: number, what: "check" | "subscribe") {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => findings(`/numbers/${number}/${what}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: settingsKey(number) }),
  });
}

export function useSaveToken(number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token: string | null) => request("PUT", `/numbers/${number}/token`, { token }),
    onSuccess: () => queries.invalidateQueries({ queryKey: settingsKey(number) }),
  });
}

/** A number that is about to be added. */
export interface Candidate {
  phone_number_id: string;
  waba_id: string;
  phone: string;
  label: string;
  slug: string;
  department_id: number | null;
  token: string | null;
}

export function useCheckCandidate() {
  return useMutation({ mutationFn: (candidate: Candidate) => findings("/numbers/check", candidate) });
}

export function useAddNumber() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (candidate: Candidate & { unchecked: boolean }) =>
      (await request("POST", "/numbers", candidate)) as { id: number },
    onSuccess: () => queries.invalidateQueries({ queryKey: NUMBERS }),
  });
}
