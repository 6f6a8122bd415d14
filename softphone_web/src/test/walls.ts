/** What the gateway says of the live wall, for tests. */
import type { Wall as Everything, WallAgent, WallCall, WallChanged, WallNumber } from "../contract/messages";
import { type Wall, wallOf } from "../wall/wall";

export function wallCall(call_id: string, changes: Partial<WallCall> = {}): WallCall {
  return {
    call_id,
    name: "Ana Souza",
    label: "+55 11 ••••• 0101",
    number_id: 1,
    number_label: "Vendas",
    department_id: 1,
    line_department_id: 1,
    listened_in: changes.department_id === null ? null : [changes.department_id ?? 1],
    direction: "inbound",
    phase: "talking",
    since_unix_s: 900,
    rung_for: 0,
    alone: false,
    given_on: false,
    agent_id: 2,
    agent: "Bia",
    held: false,
    muted: false,
    colleague: null,
    sound: null,
    troubles: [],
    recording: "off",
    supervisor: null,
    ...changes,
  };
}

export function wallAgent(agent_id: number, changes: Partial<WallAgent> = {}): WallAgent {
  return {
    agent_id,
    name: `Agent ${agent_id}`,
    presence: "in_call",
    since_unix_s: 900,
    pause_reason: null,
    missing: [],
    departments: [1],
    ...changes,
  };
}

export function wallNumber(number_id: number, changes: Partial<WallNumber> = {}): WallNumber {
  return {
    number_id,
    label: "Vendas",
    department_id: 1,
    department: "Comercial",
    inbound: { used: 1, limit: 1_000 },
    outbound: { used: 0, limit: 1_000 },
    alerts: [],
    ...changes,
  };
}

export function everything(changes: Partial<Everything> = {}): Everything {
  return {
    revision: 1,
    server_unix_s: 1_000,
    departments: [1],
    listens_in: [1],
    calls: [],
    agents: [],
    numbers: [wallNumber(1)],
    ...changes,
  };
}

export function wall(changes: Partial<Everything> = {}): Wall {
  return wallOf(everything(changes), 1_000);
}

export function wallSaid(changes: Partial<WallChanged>): WallChanged {
  return {
    revision: 1,
    server_unix_s: 1_000,
    calls: [],
    agents: [],
    numbers: [],
    calls_gone: [],
    agents_gone: [],
    numbers_gone: [],
    ...changes,
  };
}
