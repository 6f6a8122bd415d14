/** The history of calls: `/api/v1/calls`, its outline, and exports of it. */
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { PastCall } from "../calls/calls";
import { ApiError, request } from "../session/api";
import { useSession } from "../session/session";

export interface HistoryCall extends PastCall {
  department: string | null;
  reason: string | null;
  wait_s: number | null;
  dispositions: string[];
  protocol: string | null;
}

export interface CallDetail extends HistoryCall {
  timestamps: Record<string, string | null>;
  /** We never heard of its beginning. */
  back_filled: boolean;
}

/** `marks[0]` is where the second page begins. */
export interface Outline {
  count: number;
  more: boolean;
  step: number;
  marks: string[];
  /** Of how many departments one sees calls; null: of all. */
  departments: number | null;
}

export const PAGE = 100;
const HISTORY = ["history"];
const AGAIN_MS = 30_000;
const KEPT_MS = 60_000;

export function useZone(): string {
  const session = useSession().data;
  return session?.time_zone ?? "America/Sao_Paulo";
}

/** `fresh`: new calls are looked for now and then, which moves what is below them. */
export function useOutline(query: string, fresh: boolean) {
  return useQuery({
    queryKey: [...HISTORY, "outline", query],
    queryFn: async ({ signal }) => (await get(`/calls/outline?${withMore(query, `step=${PAGE}`)}`, signal)) as Outline,
    refetchInterval: fresh ? AGAIN_MS : false,
    placeholderData: keepPreviousData,
  });
}

/** The pages with these numbers, from 0: those that somebody looks at. */
export function usePages(query: string, marks: readonly string[], numbers: readonly number[], fresh: boolean) {
  return useQueries({
    queries: numbers.map((number) => ({
      queryKey: [...HISTORY, "page", query, number === 0 ? "" : marks[number - 1]],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const before = number === 0 ? "" : `&before=${marks[number - 1]}`;
        return ((await get(`/calls?${withMore(query, `limit=${PAGE}${before}`)}`, signal)) as { calls: HistoryCall[] })
          .calls;
      },
      enabled: number === 0 || marks[number - 1] !== undefined,
      refetchInterval: fresh && number === 0 ? AGAIN_MS : (false as const),
      staleTime: number === 0 ? 0 : KEPT_MS,
      gcTime: KEPT_MS,
    })),
  });
}

export function useCall(call: string) {
  return useQuery({
    queryKey: [...HISTORY, "call", call],
    queryFn: async ({ signal }) => (await get(`/calls/${call}`, signal)) as CallDetail,
  });
}

export interface Note {
  agent_name: string;
  text: string;
  disposition: string | null;
}

export function useNotes(call: string) {
  return useQuery({
    queryKey: [...HISTORY, "notes", call],
    queryFn: async ({ signal }) => ((await get(`/calls/${call}/notes`, signal)) as { notes: Note[] }).notes,
  });
}

/** What may be chosen from: numbers, and departments. */
export function useChoices() {
  return useQuery({
    queryKey: [...HISTORY, "choices"],
    queryFn: async ({ signal }) => {
      const [numbers, departments] = await Promise.all([get("/numbers", signal), get("/departments", signal)]);
      return {
        numbers: (numbers as { numbers: { id: number; label: string }[] }).numbers,
        departments: (departments as { departments: { id: number; name: string }[] }).departments,
      };
    },
    staleTime: KEPT_MS,
  });
}

async function get(path: string, signal: AbortSignal): Promise<unknown> {
  return request("GET", path, undefined, signal);
}

function withMore(query: string, more: string): string {
  return query === "" ? more : `${query}&${more}`;
}

export type Format = "csv" | "parquet";

/** An export at the gateway. */
export interface Export {
  id: string;
  state: "making" | "ready" | "failed";
  rows: number;
  of: number;
  reason: string | null;
  file_name: string;
  numbers: "all" | "some" | "none";
}

export type ExportShown = { making: Export } | { ready: Export } | { failed: string } | { asking: true } | null;

const LOOK_MS = 400;

/** One export at a time: asked for, watched until its file is there, and given to the browser. */
export function useExport(zone: string) {
  const [shown, setShown] = useState<ExportShown>(null);
  const turn = useRef(0);
  useEffect(() => () => void turn.current++, []);

  const begin = async (query: string, format: Format): Promise<void> => {
    const mine = ++turn.current;
    const here = (next: ExportShown): void => {
      if (turn.current === mine) setShown(next);
    };
    here({ asking: true });
    try {
      const more = new URLSearchParams({ format, zone }).toString();
      let made = (await request("POST", `/calls/exports?${withMore(query, more)}`)) as Export;
      while (made.state === "making" && turn.current === mine) {
        here({ making: made });
        await new Promise((done) => setTimeout(done, LOOK_MS));
        made = (await request("GET", `/calls/exports/${made.id}`)) as Export;
      }
      if (turn.current !== mine) return;
      if (made.state === "ready") save(`/api/v1/calls/exports/${made.id}/file`, made.file_name);
      here(made.state === "ready" ? { ready: made } : { failed: made.reason ?? "unknown" });
    } catch (error) {
      here({ failed: error instanceof ApiError ? error.code : "offline" });
    }
  };

  const cancel = (): void => {
    turn.current++;
    if (shown !== null && "making" in shown) {
      request("DELETE", `/calls/exports/${shown.making.id}`).catch(() => undefined); // else it goes by itself
    }
    setShown(null);
  };

  return { shown, begin, cancel };
}

function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
