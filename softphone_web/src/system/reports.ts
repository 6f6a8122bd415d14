/** Measures by e-mail, as supervisors and administrators write them. */
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { reportsPtBR } from "../i18n/reports/pt-BR";
import { ApiError, request } from "../session/api";
import { useDeed } from "./deeds";

export const EVERY = ["day", "week", "month"] as const;
export type Every = (typeof EVERY)[number];
export const GROUPS = ["day", "hour", "number", "department", "agent"] as const;
export type Group = (typeof GROUPS)[number];

export type Stopped = `maker.${keyof typeof reportsPtBR.stopped}`;

export interface Send {
  period: string;
  since: string;
  until: string;
  state: keyof typeof reportsPtBR.states;
  attempts: number;
  ended_at: string | null;
  error: string | null;
  refused: number;
}

/** What is written. `minute` of the day; `weekday` from Monday, 0. */
export interface ReportWish {
  name: string;
  every: Every;
  minute: number;
  weekday: number;
  month_day: number;
  zone: string;
  language: string;
  by: Group;
  number_id: number | null;
  department_id: number | null;
  csv: boolean;
  /** Sent when somebody asks, never by itself. */
  held: boolean;
  recipients: string[];
}

export interface Report extends ReportWish {
  id: number;
  /** Whose history says what it counts; null: the administrators'. */
  made_by: string | null;
  made_by_id: number | null;
  /** Why nothing is sent of it. */
  stopped: Stopped | null;
  next_at: string;
  sends: Send[];
}

export interface Reports {
  reports: Report[];
  mail: boolean;
}

/** As it is typed: addresses with commas, blanks or lines between them; `time` as `08:00`. */
export interface ReportDraft extends Omit<ReportWish, "recipients" | "minute"> {
  recipients: string;
  time: string;
}

export const REPORTS = ["reports"];
const AGAIN_MS = 15_000;
const SENDING_MS = 1_000;

/** What becomes of it is waited for: it was not tried yet, or is being given to the server. */
function isBeingSent(found: Reports | undefined): boolean {
  const sends = found?.reports.flatMap((report) => report.sends) ?? [];
  return sends.some(({ state, error }) => state === "sending" || (state === "waiting" && error === null));
}

export function useReports() {
  return useQuery({
    queryKey: REPORTS,
    queryFn: async () => (await request("GET", "/reports")) as Reports,
    refetchInterval: ({ state }) => (isBeingSent(state.data) ? SENDING_MS : AGAIN_MS),
  });
}

export function useWriteReport(id: number | null) {
  return useDeed<ReportDraft, Report>(REPORTS, (draft) =>
    id === null ? request("POST", "/reports", bodyOf(draft)) : request("PUT", `/reports/${id}`, bodyOf(draft)),
  );
}

export function useRemoveReport(id: number) {
  return useDeed<void, null>(REPORTS, () => request("DELETE", `/reports/${id}`));
}

/** Not sent by itself any more, or again; all else stays. */
export function useHoldReport(report: Report) {
  return useDeed<boolean, Report>(REPORTS, (held) =>
    request("PUT", `/reports/${report.id}`, bodyOf({ ...draftOf(report, report.language, report.zone), held })),
  );
}

/** The newest whole period, to everybody who gets it. */
export function useSendNow(id: number) {
  return useDeed<void, Report>(REPORTS, () => request("POST", `/reports/${id}/send`));
}

export function useSendAgain(id: number) {
  return useDeed<string, Report>(REPORTS, (period) => request("POST", `/reports/${id}/sends/${period}/again`));
}

export function draftOf(report: Report | null, language: string, zone: string): ReportDraft {
  if (report === null) {
    return {
      name: "",
      every: "day",
      time: "08:00",
      weekday: 0,
      month_day: 1,
      zone,
      language,
      by: "number",
      number_id: null,
      department_id: null,
      csv: false,
      held: false,
      recipients: "",
    };
  }
  const { name, every, weekday, month_day, by, number_id, department_id, csv, held } = report;
  return {
    ...{ name, every, weekday, month_day, by, number_id, department_id, csv, held },
    zone: report.zone,
    language: report.language,
    time: clockOf(report.minute),
    recipients: report.recipients.join(", "),
  };
}

export function clockOf(minute: number): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

export function addressesOf(typed: string): string[] {
  return [...new Set(typed.split(/[\s,;]+/).filter((address) => address !== ""))];
}

function bodyOf({ time, recipients, name, ...same }: ReportDraft): object {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return { ...same, name: name.trim(), minute: hours * 60 + minutes, recipients: addressesOf(recipients) };
}

type Problem = keyof typeof reportsPtBR.problem;
const ADDRESS = /^[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/;
const MOST_RECIPIENTS = 20;

/** What will not do, before anybody is asked: field → code. */
export function problemsOf(draft: ReportDraft): Partial<Record<"name" | "time" | "recipients", Problem>> {
  const addresses = addressesOf(draft.recipients);
  const name = draft.name.trim();
  return {
    ...(name === "" || name.length > 120 ? { name: "name" } : {}),
    ...(/^\d{2}:\d{2}$/.test(draft.time) ? {} : { time: "time" }),
    ...(addresses.length === 0 ? { recipients: "recipients_none" } : {}),
    ...(addresses.length > MOST_RECIPIENTS ? { recipients: "recipients_too_many" } : {}),
    ...(addresses.some((address) => !ADDRESS.test(address)) ? { recipients: "recipients" } : {}),
  };
}

/** The same of what the gateway refused: `recipients.1` is about recipients. */
export function refusedOf(error: Error | null): Record<string, Problem> {
  const problems = error instanceof ApiError && Array.isArray(error.said.problems) ? error.said.problems : [];
  return Object.fromEntries(
    problems.map(({ field, code }) => {
      const place = String(field).split(".")[0] ?? "";
      const word = `${place}_${code}`;
      return [place, (Object.hasOwn(reportsPtBR.problem, word) ? word : place) as Problem];
    }),
  );
}

export function problemText(t: TFunction, code: string): string {
  return Object.hasOwn(reportsPtBR.problem, code)
    ? t(`reports.problem.${code as Problem}`)
    : t("system.refused", { code });
}

type Trouble = keyof typeof reportsPtBR.errors;

/** Why it was not sent: `smtp.550`, `smtp.timeout`, or what stopped it. */
export function errorText(t: TFunction, error: string): string {
  if (error.startsWith("maker.")) return stoppedText(t, error);
  const word = error.replace("smtp.", "");
  if (Object.hasOwn(reportsPtBR.errors, word)) return t(`reports.errors.${word as Trouble}`);
  return /^\d{3}$/.test(word) ? t("reports.errors.code", { code: word }) : error;
}

/** Whose it is may not see measures any more. */
export function stoppedText(t: TFunction, why: string): string {
  const word = why.replace("maker.", "");
  return Object.hasOwn(reportsPtBR.stopped, word) ? t(`reports.stopped.${word as "role"}`) : why;
}
