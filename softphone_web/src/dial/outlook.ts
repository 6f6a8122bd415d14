/** What an agent may do with a customer now: call, ask, or wait, and until when. Pure. */
import type { PermissionState, Verdict } from "./permission";

/** Why something may not be done. `retry_unix_s` null: waiting alone does not help. */
export interface Reason {
  code: string;
  retry_unix_s: number | null;
  rule: string | null;
  limit: number | null;
  next_step: string | null;
  meta_code: number | null;
}

/** If the customer does not answer this call either: Meta asks them to reconsider, or takes the permission away. */
export type Risk = "second" | "last";

export type Outlook =
  | { kind: "call"; until_unix_s: number | null; risk: Risk | null }
  | { kind: "ask"; status: string; asked_unix_s: number | null }
  | { kind: "wait"; for: "call" | "ask"; status: string; asked_unix_s: number | null; reason: Reason };

export function outlookOf(permission: PermissionState): Outlook {
  const { call, request, status } = permission;
  if (call.allowed) {
    const risk = call.caution === "permission.second_unanswered" ? "second" : null;
    return { kind: "call", until_unix_s: unix_s(call.until), risk };
  }
  if (call.code === "permission.last_unanswered") {
    return { kind: "call", until_unix_s: unix_s(permission.until), risk: "last" };
  }
  const asked_unix_s = unix_s(permission.asked_at);
  if (isHeld(status)) return { kind: "wait", for: "call", status, asked_unix_s: null, reason: reasonOf(call) };
  if (request.allowed) return { kind: "ask", status, asked_unix_s };
  return { kind: "wait", for: "ask", status, asked_unix_s, reason: reasonOf(request) };
}

/** The next moment at which the gateway will judge otherwise, if it can be foreseen. */
export function changes_unix_s(permission: PermissionState, now_unix_s: number): number | null {
  const { call, request, invite, until } = permission;
  const times = [until, call.until, call.retry_at, request.until, request.retry_at, invite?.until ?? null].map(unix_s);
  const coming = times.filter((at) => at !== null && at > now_unix_s) as number[];
  return coming.length === 0 ? null : Math.min(...coming);
}

function isHeld(status: string): boolean {
  return status === "temporary" || status === "permanent";
}

export function reasonOf(verdict: Verdict): Reason {
  return {
    code: verdict.code ?? "",
    retry_unix_s: unix_s(verdict.retry_at),
    rule: verdict.rule,
    limit: verdict.limit,
    next_step: verdict.next_step,
    meta_code: null,
  };
}

function unix_s(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso) / 1000;
}
