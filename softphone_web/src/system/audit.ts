/** The audit: what is asked of the gateway, which stands in the page's address, and how its lines read. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { beginningOf, daysLater, isDay } from "../history/zone";
import { systemPtBR } from "../i18n/system/pt-BR";
import { accountZone } from "../i18n/zone";
import { request } from "../session/api";
import type { Keys } from "./keys";

export interface AuditLine {
  position: number;
  at: string;
  actor: string;
  actor_name: string | null;
  action: string;
  subject: string;
  subject_name: string | null;
  data: Record<string, string | number | boolean | null>;
}

interface AuditAnswer {
  lines: AuditLine[];
  next: string | null;
}

/** Days of the account's zone as `2026-03-04`; both inclusive. "": whatever it is. */
export interface AuditWish {
  actor: string;
  area: string;
  subject: string;
  since: string;
  until: string;
}

const FILTERS = ["actor", "area", "subject", "since", "until"] as const;
export const WORD = /^[A-Za-z0-9_.:-]{1,128}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const AT_ONCE = 50;

/** From the address of the page, so that a reload or a link shows the same. What cannot be is left out. */
export function readWish(search: string): AuditWish {
  const given = new URLSearchParams(search);
  const read = (name: string, shape: RegExp): string => {
    const value = given.get(name) ?? "";
    return shape.test(value) ? value : "";
  };
  return {
    actor: read("actor", WORD),
    area: read("area", WORD),
    subject: read("subject", WORD),
    since: readDay(read("since", DAY)),
    until: readDay(read("until", DAY)),
  };
}

function readDay(day: string): string {
  return isDay(day) ? day : "";
}

export function writeWish(wish: AuditWish): string {
  const given = new URLSearchParams();
  for (const name of FILTERS) if (wish[name] !== "") given.set(name, wish[name]);
  return given.toString();
}

/** The same for the gateway, which knows moments. */
export function queryOf(wish: AuditWish, before: string | null): string {
  const query = new URLSearchParams({ limit: String(AT_ONCE) });
  for (const name of ["actor", "area", "subject"] as const) if (wish[name] !== "") query.set(name, wish[name]);
  if (wish.since !== "") query.set("since", beginningOf(wish.since, accountZone()).toISOString());
  if (wish.until !== "") query.set("until", beginningOf(daysLater(wish.until, 1), accountZone()).toISOString());
  if (before !== null) query.set("before", before);
  return query.toString();
}

export function useAudit(wish: AuditWish) {
  return useInfiniteQuery({
    queryKey: ["audit", wish],
    queryFn: async ({ pageParam }) => (await request("GET", `/audit?${queryOf(wish, pageParam)}`)) as AuditAnswer,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

export interface Actor {
  actor: string;
  name: string;
}

/** Whoever may have done something: people, keys, and the shell. */
export function useActors(t: TFunction): Actor[] {
  const users = useQuery({
    queryKey: ["users"],
    queryFn: async () => ((await request("GET", "/users")) as { users: { id: number; name: string }[] }).users,
  });
  const keys = useQuery({ queryKey: ["api-keys"], queryFn: async () => (await request("GET", "/api-keys")) as Keys });
  return [
    ...(users.data ?? []).map(({ id, name }) => ({ actor: `user:${id}`, name })),
    ...(keys.data?.keys ?? []).map(({ actor, name }) => ({ actor, name: t("system.audit.key", { name }) })),
    { actor: "shell", name: t("system.audit.shell") },
    { actor: "pickup_guard", name: t("system.audit.guard") },
    { actor: "retention", name: t("system.audit.retention") },
  ];
}

type Action = keyof typeof systemPtBR.audit.actions;
type Area = keyof typeof systemPtBR.audit.areas;
type Subject = keyof typeof systemPtBR.audit.subjects;

export const AREAS = Object.keys(systemPtBR.audit.areas) as Area[];

/** In words; what a later version writes by its own word. */
export function actionText(t: TFunction, action: string): string {
  const word = action.replace(".", "_");
  return Object.hasOwn(systemPtBR.audit.actions, word) ? t(`system.audit.actions.${word as Action}`) : action;
}

export function actorText(t: TFunction, actor: string, name: string | null): string {
  if (actor === "shell") return t("system.audit.shell");
  if (actor === "pickup_guard") return t("system.audit.guard");
  if (actor === "retention") return t("system.audit.retention");
  if (name === null) return actor;
  return actor.startsWith("key:") ? t("system.audit.key", { name }) : name;
}

export function subjectText(t: TFunction, subject: string, name: string | null): string {
  const [kind, ...more] = subject.split(":");
  if (kind === undefined || more.length === 0 || !Object.hasOwn(systemPtBR.audit.subjects, kind)) return subject;
  return t(`system.audit.subjects.${kind as Subject}`, { name: name ?? more.join(":") });
}

/** What else is known: `may_listen: true`. Words of the gateway, for those who look closely. */
export function dataText(data: AuditLine["data"]): string {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${name}: ${value}`)
    .join(" · ");
}
