import { describe, expect, it } from "vitest";
import { awaited, granted, iso, no, permission, T0_unix_s, yes } from "../test/permissions";
import { changes_unix_s, outlookOf } from "./outlook";

describe("what may be done with a customer", () => {
  it("is asking, when nobody has asked", () => {
    expect(outlookOf(permission())).toEqual({ kind: "ask", status: "none", asked_unix_s: null });
  });

  it("is waiting for the answer, and for the time at which asking again is allowed", () => {
    expect(outlookOf(awaited())).toMatchObject({
      kind: "wait",
      for: "ask",
      asked_unix_s: T0_unix_s - 60,
      reason: { code: "permission.asked_too_often", retry_unix_s: T0_unix_s + 11_520, rule: "requests_per_24h" },
    });
  });

  it("is asking again after a day without an answer", () => {
    expect(outlookOf(awaited({ request: yes }))).toMatchObject({ kind: "ask", asked_unix_s: T0_unix_s - 60 });
  });

  it("is calling while the permission lasts, and knows until when", () => {
    expect(outlookOf(granted())).toEqual({ kind: "call", until_unix_s: T0_unix_s + 86_400, risk: null });
    expect(outlookOf(granted({ until: null, call: yes, status: "permanent" }))).toMatchObject({ until_unix_s: null });
  });

  it("warns before the second call that may stay unanswered", () => {
    const call = { ...yes, caution: "permission.second_unanswered" };
    expect(outlookOf(granted({ call }))).toMatchObject({ kind: "call", risk: "second" });
  });

  it("asks to confirm the call after which Meta takes the permission away", () => {
    const call = no("permission.last_unanswered", { limit: 4, used: 3, next_step: "confirm" });
    const outlook = outlookOf(granted({ call, unanswered: 3 }));
    expect(outlook).toEqual({ kind: "call", until_unix_s: T0_unix_s + 86_400, risk: "last" });
  });

  it("is waiting to call when the customer was called as often as allowed", () => {
    const call = no("permission.called_too_often", { retry_at: iso(T0_unix_s + 60), rule: "connected_calls_per_24h" });
    expect(outlookOf(granted({ call }))).toMatchObject({
      kind: "wait",
      for: "call",
      reason: { retry_unix_s: T0_unix_s + 60 },
    });
  });

  it("lets an agent ask who is not ready to call", () => {
    const notReady = no("agent.not_ready", { next_step: "get_ready" });
    expect(outlookOf(permission({ call: notReady })).kind).toBe("ask");
    expect(outlookOf(granted({ call: notReady }))).toMatchObject({ kind: "wait", for: "call" });
  });

  it("is nothing at all with a number that may not call", () => {
    const off = no("number.outbound_off", { next_step: "switch_outbound_on" });
    const outlook = outlookOf(permission({ call: off, request: off }));
    expect(outlook).toMatchObject({ kind: "wait", for: "ask", reason: { code: "number.outbound_off" } });
  });
});

describe("the next change", () => {
  it("is the earliest time that is still to come", () => {
    expect(changes_unix_s(granted(), T0_unix_s)).toBe(T0_unix_s + 86_400);
    expect(changes_unix_s(awaited(), T0_unix_s)).toBe(T0_unix_s + 11_520);
    expect(changes_unix_s(awaited(), T0_unix_s + 11_520)).toBeNull();
    expect(changes_unix_s(permission(), T0_unix_s)).toBeNull();
  });
});
