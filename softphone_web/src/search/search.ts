/** Finding calls by what was said in them: what is asked of the gateway, and what stands in the address. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { PastCall } from "../calls/calls";
import type { Line } from "../replay/texts";
import { request } from "../session/api";

export interface Piece {
  text: string;
  /** It is one of the words that were looked for. */
  found: boolean;
}

export interface FoundLine extends Line {
  pieces: Piece[];
}

export interface FoundCall {
  call: PastCall & { department: string | null };
  lines: FoundLine[];
  lines_in_all: number;
}

interface FoundPage {
  found: FoundCall[];
  next: string | null;
}

/** Through which calls my searches look. */
export interface Reach {
  engine: boolean;
  anything: boolean;
  every_call: boolean;
  own_calls: boolean;
  departments: string[];
}

export function reachesNothing(reach: Reach): boolean {
  return !reach.every_call && !reach.own_calls && reach.departments.length === 0;
}

/** What is looked for, and which call of those that were found is open, where. */
export interface Wish {
  words: string;
  call: string | null;
  at_s: number;
}

const MOST_CHARS = 200;

/** From the address of the page, so that a reload or a link shows the same. */
export function readWish(search: string): Wish {
  const given = new URLSearchParams(search);
  const call = given.get("call");
  const at_s = Number(given.get("at") ?? 0);
  return {
    words: (given.get("words") ?? "").trim().slice(0, MOST_CHARS),
    call: call !== null && /^[0-9a-f]{32}$/.test(call) ? call : null,
    at_s: Number.isFinite(at_s) && at_s > 0 ? at_s : 0,
  };
}

export function writeWish({ words, call, at_s }: Wish): string {
  const written = new URLSearchParams({ words });
  if (call !== null) {
    written.set("call", call);
    written.set("at", String(at_s));
  }
  return written.toString();
}

/** Whether there is a letter or a digit to look for. */
export function hasWord(words: string): boolean {
  return /[\p{L}\p{N}]/u.test(words);
}

export function useReach() {
  return useQuery({
    queryKey: ["transcripts", "reach"],
    queryFn: async () => (await request("GET", "/transcripts/reach")) as Reach,
  });
}

/** Each one is noted in the audit: it is made when somebody asks for it, and never by itself. */
export function useFound(words: string) {
  return useInfiniteQuery({
    queryKey: ["transcripts", "found", words],
    queryFn: async ({ pageParam }) => {
      const query = new URLSearchParams({ words, ...(pageParam === null ? {} : { before: pageParam }) });
      return (await request("GET", `/transcripts?${query}`)) as FoundPage;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled: hasWord(words),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: false,
  });
}
