/** Messages of the gateway, for tests. */
import type { CallParty, CurrentCall, DeskState, RingingCall, WaitingCall } from "../contract/messages";

export const CALL = "0123456789abcdef0123456789abcdef";
export const OTHER_CALL = "fedcba9876543210fedcba9876543210";

export const party: CallParty = {
  name: "Ana Souza",
  label: "+55 11 ••••• 0101",
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

export function ringingCall(changes: Partial<RingingCall> = {}): RingingCall {
  return { call_id: CALL, party, offered_unix_s: 995, ring_until_unix_s: 1_020, ...changes };
}

export function waitingCall(changes: Partial<WaitingCall> = {}): WaitingCall {
  return { call_id: OTHER_CALL, party, offered_unix_s: 990, why: "in_call", ...changes };
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
