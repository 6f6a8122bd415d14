/** What the page around a panel is told of a change, and of how things stand. Pure: two desks in, events out. */
import type { CallParty, CurrentCall, EndedCall, RingingCall } from "../contract/messages";
import { type Desk, myCall, phoneIsElsewhere, ringingHere } from "../desk/desk";
import type { CallTold, Told } from "./messages";

/** Contacts of calls, as far as they are known. */
export type ContactOf = (call_id: string) => number | null;

/** null: nobody is signed in. */
export function newsOf(before: Desk | null, now: Desk | null, contactOf: ContactOf): Told[] {
  const presence = presenceOf(now);
  return [
    ...(JSON.stringify(presence) === JSON.stringify(presenceOf(before)) ? [] : [presence]),
    ...ringNews(before, now, contactOf),
    ...callNews(before, now, contactOf),
  ];
}

/** Everything that a page must know which has heard nothing yet. */
export function standing(now: Desk | null, contactOf: ContactOf): Told[] {
  return [presenceOf(now), ...ringNews(null, now, contactOf), ...callNews(null, now, contactOf)];
}

function presenceOf(desk: Desk | null): Told & { event: "presence" } {
  const { state = null } = desk ?? {};
  return {
    event: "presence",
    link: desk?.link ?? "signed_out",
    phone: desk !== null && phoneIsElsewhere(desk) ? "elsewhere" : (state?.phone ?? "nowhere"),
    presence: state?.presence ?? null,
    availability: state?.availability ?? null,
    agent_id: state?.me.agent_id ?? null,
  };
}

function ringNews(before: Desk | null, now: Desk | null, contactOf: ContactOf): Told[] {
  const [rang, rings] = [ringing(before), ringing(now)];
  const mine = now === null ? undefined : myCall(now)?.call_id;
  const told: Told[] = [];
  for (const ring of rings.values()) {
    if (rang.has(ring.call_id)) continue;
    const times = { offered_at: iso(ring.offered_unix_s), ring_until: iso(ring.ring_until_unix_s) };
    told.push({ event: "call.ringing", call: inbound(ring, contactOf), ...times });
  }
  for (const ring of rang.values()) {
    if (rings.has(ring.call_id) || ring.call_id === mine) continue;
    told.push({ event: "call.ring_stopped", call: inbound(ring, contactOf) });
  }
  return told;
}

function callNews(before: Desk | null, now: Desk | null, contactOf: ContactOf): Told[] {
  const [was, is] = [before === null ? null : myCall(before), now === null ? null : myCall(now)];
  const last = now?.state?.last_call ?? null;
  const known = was?.call_id === is?.call_id ? was : null;
  const told: Told[] = [];
  // What was over before we came is no news.
  const lastBefore = before?.state?.last_call?.call_id;
  if (last !== null && before !== null && before.state !== null && last.call_id !== lastBefore) {
    told.push(ended(last, contactOf));
  } else if (was !== null && was.call_id !== is?.call_id && was.call_id !== last?.call_id) {
    told.push({ event: "call.left", call: callTold(was, contactOf) });
  }
  if (is === null) return told;
  const call = callTold(is, contactOf);
  const offered_at = iso(is.offered_unix_s);
  if (known === null && call.direction === "outbound") told.push({ event: "call.placed", call, offered_at });
  if (is.talking_since_unix_s !== null && (known?.talking_since_unix_s ?? null) === null) {
    told.push({ event: "call.answered", call, offered_at, answered_at: iso(is.talking_since_unix_s) });
  }
  return told;
}

function ended(call: EndedCall, contactOf: ContactOf): Told {
  const { outcome, ended_by, failure_code, talk_s } = call;
  const ended_at = iso(call.ended_unix_s);
  return { event: "call.ended", call: callTold(call, contactOf), outcome, ended_by, failure_code, talk_s, ended_at };
}

function ringing(desk: Desk | null): Map<string, RingingCall> {
  return new Map(desk === null ? [] : ringingHere(desk).map((ring) => [ring.call_id, ring]));
}

function inbound({ call_id, party }: RingingCall, contactOf: ContactOf): CallTold {
  return told(call_id, "inbound", party, contactOf);
}

function callTold({ call_id, direction, party }: CurrentCall | EndedCall, contactOf: ContactOf): CallTold {
  return told(call_id, direction ?? "inbound", party, contactOf);
}

function told(call_id: string, direction: CallTold["direction"], party: CallParty, contactOf: ContactOf): CallTold {
  const { name, label, number_id, number_label, department, button_payload } = party;
  const customer = { name, label, contact_id: contactOf(call_id) };
  return { call_id, direction, number_id, number_label, department, customer, payload: button_payload ?? null };
}

function iso(unix_s: number): string {
  return new Date(unix_s * 1000).toISOString();
}
