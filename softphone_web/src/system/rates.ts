/** What Meta charges for calls of ours: a table that administrators write whole, as CSV. */
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import type { ratesPtBR } from "../i18n/rates/pt-BR";
import { ApiError, request } from "../session/api";
import { useDeed } from "./deeds";

export interface RateLine {
  destination: string;
  market: string;
  number: string;
  currency: string;
  valid_from: string;
  above_minutes: number;
  /** An exact decimal. */
  per_minute: string;
}

export interface Rates {
  version: number;
  written_at: string | null;
  written_by: string | null;
  rates: RateLine[];
  csv: string;
}

export const FILE_LIMIT_BYTES = 300_000;
const RATES = ["rates"];

export function useRates() {
  return useQuery({ queryKey: RATES, queryFn: async () => (await request("GET", "/rates")) as Rates });
}

export function useWriteRates() {
  return useDeed<{ version: number; csv: string }, Rates>(RATES, (wish) => request("PUT", "/rates", wish));
}

/** `line` 0: the whole text. */
export interface RateProblem {
  line: number;
  field: string;
  code: string;
}

export function problemsOf(error: Error | null): RateProblem[] {
  const problems = error instanceof ApiError && Array.isArray(error.said.problems) ? error.said.problems : [];
  return problems.map(({ field, code }) => {
    const [line = "0", column = ""] = String(field).split(".");
    return { line: Number(line) || 0, field: column, code: String(code) };
  });
}

const WORDS = {
  bad_destination: true,
  too_long: true,
  unknown_number: true,
  bad_currency: true,
  bad_day: true,
  bad_minutes: true,
  bad_amount: true,
  no_first_tier: true,
  twice: true,
  other_currency: true,
  other_market: true,
  too_many_fields: true,
  too_many_lines: true,
  bad_header: true,
  unreadable: true,
} as const satisfies Record<keyof typeof ratesPtBR.problem, true>;

export function problemText(t: TFunction, { line, field, code }: RateProblem): string {
  const said = Object.hasOwn(WORDS, code) ? t(`rates.problem.${code as keyof typeof WORDS}`) : code;
  const what = field === "" || field === "csv" ? said : `${field}: ${said}`;
  return line === 0 ? t("rates.whole", { what }) : t("rates.line", { line, what });
}

/** The first tier of Meta's table of 2025-08-01 in US dollars, as far as it names countries. An example: the table that
 * holds depends on the account's currency and on the day. */
export const SAMPLE = [
  "destination,market,number,currency,valid_from,above_minutes,per_minute",
  ...[
    ...["AE 0.0127", "AR 0.0101", "BR 0.0108", "CL 0.0121", "CO 0.0111", "DE 0.0103", "ES 0.0129", "FR 0.0099"],
    ...["GB 0.0099", "ID 0.0242", "IL 0.0127", "IN 0.0053", "IT 0.0121", "MX 0.0094", "MY 0.0108", "NL 0.0063"],
    ...["PE 0.0121", "SA 0.0127", "ZA 0.0108"],
  ].map((rate) => {
    const [country, perMinute] = rate.split(" ");
    return `${country},,,USD,2025-08-01,0,${perMinute}`;
  }),
  "",
].join("\n");
