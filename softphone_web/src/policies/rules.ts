/** Policies as they are edited. Pure. */

export const WHEN = ["always", "after_consent", "on_demand", "never"] as const;
export const PARTS = ["greeting", "menu", "queue", "hold"] as const;
export const DIRECTIONS = ["inbound", "outbound"] as const;
export const KEYS = "0123456789*#";
export const LONGEST_KEPT_DAYS = 3_650;
export const LONGEST_ANSWER_S = 30;

export type Part = (typeof PARTS)[number];

export interface Rule extends Record<Part, boolean> {
  /** null: of either. */
  direction: (typeof DIRECTIONS)[number] | null;
  /** null: of any, or of none. */
  department_id: number | null;
  when: (typeof WHEN)[number];
  agreement: "key" | "staying";
  agree_key: string;
  answer_s: number;
  /** null: for ever. */
  keep_days: number | null;
  keep_journal: boolean;
}

export const NEW_RULE: Rule = {
  direction: null,
  department_id: null,
  when: "after_consent",
  agreement: "key",
  agree_key: "1",
  answer_s: 8,
  greeting: false,
  menu: false,
  queue: false,
  hold: false,
  keep_days: 90,
  keep_journal: false,
};

export type Gap = "twice" | "keep_days" | "answer_s";

/** What keeps each rule from being saved. */
export function gapsOf(rules: readonly Rule[]): Gap[][] {
  const about = rules.map((rule) => `${rule.direction} ${rule.department_id}`);
  return rules.map((rule, place) => [
    ...(about.indexOf(about[place] ?? "") === place ? [] : (["twice"] as const)),
    ...(rule.keep_days === null || within(rule.keep_days, LONGEST_KEPT_DAYS) ? [] : (["keep_days"] as const)),
    ...(within(rule.answer_s, LONGEST_ANSWER_S) ? [] : (["answer_s"] as const)),
  ]);
}

function within(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

export function same(one: readonly Rule[], other: readonly Rule[]): boolean {
  return one.length === other.length && one.every((rule, place) => sameRule(rule, other[place]));
}

function sameRule(one: Rule, other: Rule | undefined): boolean {
  return other !== undefined && (Object.keys(NEW_RULE) as (keyof Rule)[]).every((name) => one[name] === other[name]);
}

/** Which of these rules are in no such form among those, by place. */
export function differing(rules: readonly Rule[], others: readonly Rule[]): number[] {
  return rules.flatMap((rule, place) => (others.some((other) => sameRule(rule, other)) ? [] : [place]));
}
