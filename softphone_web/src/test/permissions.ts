/** What `/api/v1/permissions` answers, for tests. */
import type { PermissionState, Verdict } from "../dial/permission";

export const T0_unix_s = 1_764_000_000;

export function iso(unix_s: number): string {
  return new Date(unix_s * 1000).toISOString();
}

export const yes: Verdict = {
  allowed: true,
  until: null,
  caution: null,
  code: null,
  retry_at: null,
  rule: null,
  limit: null,
  used: null,
  next_step: null,
};

export function no(code: string, changes: Partial<Verdict> = {}): Verdict {
  return { ...yes, allowed: false, code, ...changes };
}

/** Nobody has asked this customer yet. */
export function permission(changes: Partial<PermissionState> = {}): PermissionState {
  return {
    number_id: 1,
    status: "none",
    until: null,
    asked_at: null,
    call: no("permission.none", { next_step: "ask_permission" }),
    request: yes,
    unanswered: 0,
    invite: no("invite.window_closed", { rule: "service_window_s", next_step: "wait_for_customer" }),
    ...changes,
  };
}

export function granted(changes: Partial<PermissionState> = {}): PermissionState {
  const until = iso(T0_unix_s + 86_400);
  const request = no("permission.granted_already", { retry_at: until, next_step: "call" });
  return permission({ status: "temporary", until, call: { ...yes, until }, request, ...changes });
}

export function awaited(changes: Partial<PermissionState> = {}): PermissionState {
  const request = no("permission.asked_too_often", {
    retry_at: iso(T0_unix_s + 11_520),
    rule: "requests_per_24h",
    limit: 1,
    next_step: "wait",
  });
  const call = no("permission.awaited", { next_step: "wait_for_customer" });
  return permission({ status: "awaited", asked_at: iso(T0_unix_s - 60), call, request, ...changes });
}
