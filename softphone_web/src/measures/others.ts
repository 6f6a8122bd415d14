/** What the gateway says of quality, permissions and costs. Amounts are exact decimals, as text. */
import type { Answer, Line } from "./measures";

export interface Side {
  good: number;
  fair: number;
  poor: number;
  mos: number | null;
  loss_percent: number | null;
  jitter_ms: number | null;
  round_trip_ms: number | null;
}

export interface QualityLine extends Line {
  calls: number;
  customer: Side;
  agent: Side;
}

export interface Qualities extends Answer<QualityLine> {
  total: QualityLine | null;
}

export interface Funnel {
  asked: number;
  delivered: number;
  failed: number;
  temporary: number;
  permanent: number;
  refused: number;
  unanswered: number;
  called: number;
  reached: number;
  unasked: number;
  revoked: number;
  lapsed: number;
}

export interface FunnelLine extends Line {
  funnel: Funnel;
}

export interface Permissions extends Answer<FunnelLine> {
  total: Funnel;
}

export interface Amount {
  currency: string;
  amount: string;
}

export interface Cost {
  calls: number;
  minutes: string;
  amounts: Amount[];
  unpriced_calls: number;
  unpriced_minutes: string;
}

export interface CostLine extends Line {
  cost: Cost;
}

export interface Costs extends Answer<CostLine> {
  destinations: CostLine[];
  total: Cost;
  rates: number;
}

const SILENT: Side = {
  good: 0,
  fair: 0,
  poor: 0,
  mos: null,
  loss_percent: null,
  jitter_ms: null,
  round_trip_ms: null,
};
export const NOTHING_HEARD: Omit<QualityLine, "key" | "name"> = { calls: 0, customer: SILENT, agent: SILENT };

export const NOBODY_ASKED: Funnel = {
  asked: 0,
  delivered: 0,
  failed: 0,
  temporary: 0,
  permanent: 0,
  refused: 0,
  unanswered: 0,
  called: 0,
  reached: 0,
  unasked: 0,
  revoked: 0,
  lapsed: 0,
};

export const FREE: Omit<CostLine, "key" | "name"> = {
  cost: { calls: 0, minutes: "0", amounts: [], unpriced_calls: 0, unpriced_minutes: "0" },
};

/** Every currency of any line, in order. */
export function currenciesOf(costs: Costs): string[] {
  return costs.total.amounts.map(({ currency }) => currency);
}

export function amountOf(cost: Cost, currency: string): string | null {
  return cost.amounts.find((amount) => amount.currency === currency)?.amount ?? null;
}

/** Digit by digit, never through a binary fraction: `format` takes decimals as text. */
export function money(amount: string, currency: string, language: string): string {
  const form = { style: "currency", currency, maximumFractionDigits: 4, minimumFractionDigits: 2 } as const;
  return new Intl.NumberFormat(language, form).format(amount as Intl.StringNumericLiteral);
}

/** A country in the reader's language; `code`: ISO 3166, or a calling code. */
export function placeName(code: string, language: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return code;
  return new Intl.DisplayNames([language], { type: "region" }).of(code) ?? code;
}
