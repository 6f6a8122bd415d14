/** The company's own words for pauses and for what came of calls, while an administrator writes them. Pure but for
 * saving: `PUT /reasons/{kind}`. */
import { useQueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { pauseText, type Reason, type Reasons, resultText } from "../aftercall/reasons";
import { request } from "../session/api";
import { useDeed } from "./deeds";

export type ReasonKind = keyof Reasons;

export const KINDS: readonly ReasonKind[] = ["disposition", "pause"];

/** As `signaling.reasons` has them. */
export const LABEL_LIMIT_CHARS = 60;
export const MOST_REASONS = 50;
const CODE_LIMIT_CHARS = 32;

/** One line of a list. `usual`: the word that pages have for its code, in the reader's language; null: they have none. */
export interface Line {
  /** null: new, it gets one when it is saved. */
  code: string | null;
  text: string;
  usual: string | null;
  /** What React knows it by. */
  key: number;
}

export type LineProblem = "missing" | "twice";

export function linesOf(t: TFunction, kind: ReasonKind, reasons: readonly Reason[]): Line[] {
  const wordOf = kind === "pause" ? pauseText : resultText;
  return reasons.map(({ code, label }, key) => {
    const usual = wordOf(t, code);
    return { code, text: label ?? usual, usual: usual === code ? null : usual, key };
  });
}

/** By the key of the line. Two lines that read alike cannot be told apart by who chooses. */
export function problemsOf(lines: readonly Line[]): Map<number, LineProblem> {
  const seen = new Set<string>();
  const found = new Map<number, LineProblem>();
  for (const { text, key } of lines) {
    const read = text.trim().toLocaleLowerCase();
    if (read === "") found.set(key, "missing");
    else if (seen.has(read)) found.set(key, "twice");
    seen.add(read);
  }
  return found;
}

/** What is sent. A word that pages have by themselves stays theirs, so that each reads it in their language. */
export function reasonsOf(lines: readonly Line[]): Reason[] {
  const taken = new Set(lines.flatMap(({ code }) => (code === null ? [] : [code])));
  return lines.map(({ code, text, usual }) => {
    const label = text.trim();
    if (code !== null) return { code, label: label === usual ? null : label };
    const made = codeFor(label, taken);
    taken.add(made);
    return { code: made, label };
  });
}

/** `Segunda via` → `segunda_via`; integrators and exports know it by this, whatever it is called later. */
export function codeFor(label: string, taken: ReadonlySet<string>): string {
  const plain = label
    .normalize("NFD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  const stem = plain.slice(0, CODE_LIMIT_CHARS) || "reason";
  for (let nth = 1; ; nth++) {
    const tail = nth === 1 ? "" : `_${nth}`;
    const code = `${stem.slice(0, CODE_LIMIT_CHARS - tail.length)}${tail}`;
    if (!taken.has(code)) return code;
  }
}

export function useReplaceReasons(kind: ReasonKind) {
  const queries = useQueryClient();
  return useDeed<Reason[], Reasons>(["reasons"], async (reasons) => {
    const told = (await request("PUT", `/reasons/${kind}`, { reasons })) as Reasons;
    queries.setQueryData(["reasons"], told);
    return told;
  });
}
