/** Messages of the gateway, for tests. */
import type { CallParty, CurrentCall, DeskState, InLine, RingingCall, WaitingCall } from "../contract/messages";

export const CALL = "0123456789abcdef0123456789abcdef";
export const OTHER_CALL = "fedcba9876543210fedcba9876543210";

export const party: CallParty = {
  name: "Ana Souza",
  label: "+55 11 ••••• 0101",
  number_id: 1,
  number_label: "+55 11 4000-1000",
  department: "Vendas",
};

export function deskState(changes: Partial<DeskState> = {}): DeskState {
  return {
    revision: 1,
    server_unix_s: 1_000,
    me: { agent_id: 1, name: "Bia", role: "agent" },
    phone: "here",
    phone_since_unix_s: 900,
    availability: "ready",
    presence: "free",
    missing: [],
    ringing: [],
    waiting: [],
    call: null,
    last_call: null,
    ...changes,
  };
}

export function inLine(changes: Partial<InLine> = {}): InLine {
  return { waiting_since_unix_s: 995, position: 1, department: "Vendas", ...changes };
}

export function ringingCall(changes: Partial<RingingCall> = {}): RingingCall {
  return { call_id: CALL, party, offered_unix_s: 995, ring_until_unix_s: 1_020, line: inLine(), ...changes };
}

export function waitingCall(changes: Partial<WaitingCall> = {}): WaitingCall {
  const line = inLine({ waiting_since_unix_s: 990 });
  return { call_id: OTHER_CALL, party, offered_unix_s: 990, why: "in_call", line, ...changes };
}

export function currentCall(changes: Partial<CurrentCall> = {}): CurrentCall {
  return {
    call_id: CALL,
    party,
    phase: "talking",
    offered_unix_s: 995,
    talking_since_unix_s: 999,
    muted: false,
    customer_heard: true,
    ...changes,
  };
}
