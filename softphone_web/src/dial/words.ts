/** Why something may not be done, by which rule, and what helps: in the reader's language. */
import type { TFunction } from "i18next";
import type { CallRefused } from "../contract/messages";
import { failureText } from "../i18n/failure";
import { ptBR } from "../i18n/pt-BR";
import { ApiError } from "../session/api";
import type { Reason } from "./outlook";

type Why = keyof typeof ptBR.dial.why;
type Rule = keyof typeof ptBR.dial.rule;
type Because = keyof typeof ptBR.dial.because;
type Step = keyof typeof ptBR.dial.step;
type Status = keyof typeof ptBR.dial.status;

export function whyText(t: TFunction, reason: Reason): string {
  const key = reason.code.replace(".", "_");
  if (isOneOf<Why>(ptBR.dial.why, key)) return t(`dial.why.${key}`);
  if (reason.code.startsWith("capacity.")) return t("failure.serverFull");
  return reason.code.startsWith("meta.") ? failureText(t, reason.code) : t("dial.whyOther");
}

export function ruleText(t: TFunction, { rule, limit }: Reason): string | null {
  if (rule === null || !isOneOf<Rule>(ptBR.dial.rule, rule)) return null;
  if (rule === "requests_per_24h" && limit !== null && limit > 1) {
    return t("dial.rule.requests_per_24h_more", { limit });
  }
  // A rule whose number is not known says nothing by a sentence with a hole.
  if (limit === null && ptBR.dial.rule[rule].includes("{{")) return null;
  return t(`dial.rule.${rule}`, { limit });
}

/** Why Meta has such a rule; null: nobody knows, or there is none. */
export function becauseText(t: TFunction, rule: string | null): string | null {
  return rule !== null && isOneOf<Because>(ptBR.dial.because, rule) ? t(`dial.because.${rule}`) : null;
}

export function stepText(t: TFunction, step: string | null): string | null {
  return step !== null && isOneOf<Step>(ptBR.dial.step, step) ? t(`dial.step.${step}`) : null;
}

/** Why there is no permission; null: there is one, or the gateway has a word that this page does not know. */
export function statusText(t: TFunction, status: string): string | null {
  return isOneOf<Status>(ptBR.dial.status, status) ? t(`dial.status.${status}`) : null;
}

/** How a customer stands, also where they may be called; null: a word of the gateway's that is not known. */
export function standingText(t: TFunction, permission: string): string | null {
  if (permission === "temporary" || permission === "permanent") return t(`contacts.standing.${permission}`);
  return statusText(t, permission);
}

export function reasonOfRefusal(refused: CallRefused): Reason {
  return {
    code: refused.code,
    retry_unix_s: refused.retry_at_unix_s ?? null,
    rule: refused.rule ?? null,
    limit: refused.limit ?? null,
    next_step: refused.next_step ?? null,
    meta_code: refused.meta_code ?? null,
  };
}

/** What an answer of the REST side says; nobody answering is `unavailable`. */
export function reasonOfError(error: Error): Reason {
  const said = error instanceof ApiError ? error.said : {};
  const text = (name: string): string | null => (typeof said[name] === "string" ? said[name] : null);
  const count = (name: string): number | null => (typeof said[name] === "number" ? said[name] : null);
  const retry_at = text("retry_at");
  return {
    code: error instanceof ApiError ? error.code : "unavailable",
    retry_unix_s: retry_at === null ? null : Date.parse(retry_at) / 1000,
    rule: text("rule"),
    limit: count("limit"),
    next_step: text("next_step"),
    meta_code: count("meta_code"),
  };
}

function isOneOf<T extends string>(texts: Record<T, string>, key: string): key is T {
  return Object.hasOwn(texts, key);
}
