/**
 * What our panel in a frame and the page around it tell each other: version 1 of `docs/embedding.md`. Pure.
 *
 * No phone number, no session and nothing of the sound leaves the frame: customers go by what agents see of them.
 */
import type { Availability, Presence } from "../contract/messages";

export const VERSION = 1;

/** Who calls or is called. `contact_id` is known from when the agent and they talk. */
export interface CustomerTold {
  name: string | null;
  /** As agents see it: `+55 11 ••••• 0101` or `@username`. */
  label: string;
  contact_id: number | null;
}

export interface CallTold {
  call_id: string;
  direction: "inbound" | "outbound";
  number_id: number;
  number_label: string;
  department: string | null;
  customer: CustomerTold;
  /** What the call button or the deep link carried. */
  payload: string | null;
}

export type Told =
  | { event: "ready"; signed_in: boolean }
  | {
      event: "presence";
      link: "signed_out" | "connecting" | "connected" | "lost";
      /** Whether this frame is the agent's phone, or another page of theirs is. */
      phone: "nowhere" | "here" | "elsewhere";
      presence: Presence | null;
      availability: Availability | null;
      agent_id: number | null;
    }
  | { event: "call.ringing"; call: CallTold; offered_at: string; ring_until: string }
  | { event: "call.ring_stopped"; call: CallTold }
  | { event: "call.placed"; call: CallTold; offered_at: string }
  | { event: "call.answered"; call: CallTold; offered_at: string; answered_at: string }
  | { event: "call.customer"; call_id: string; contact_id: number }
  | { event: "call.left"; call: CallTold }
  | {
      event: "call.ended";
      call: CallTold;
      outcome: string;
      ended_by: string;
      failure_code: string | null;
      talk_s: number;
      ended_at: string;
    };

/** What the page around us may ask for, and nothing else. `id` comes back in the answer. */
export type Wish =
  | { command: "hello" }
  | { command: "call.answer"; call_id: string }
  | { command: "call.decline"; call_id: string }
  | { command: "call.hang_up"; call_id: string }
  | { command: "dial"; contact_id: number; number_id: number | null }
  | { command: "dial"; phone: string; number_id: number | null };

export type Asked = Wish & { id: string | number | null };

export type WhyNot =
  | "not_signed_in"
  | "no_connection"
  | "elsewhere"
  | "not_ringing"
  | "not_your_call"
  | "busy"
  | "too_often"
  | "may_not_call"
  | "unknown_contact";

export interface Reply {
  reply: Wish["command"];
  id: string | number | null;
  ok: boolean;
  why: WhyNot | null;
}

const CALL_ID = /^[0-9a-f]{32}$/;
const PHONE = /^[+\d\s()./-]{3,40}$/;
const LONGEST_ID_CHARS = 64;

/** The wish in a message from another window; null: it is none of ours, or wrong somewhere. Fields that we do not know
 * are no mistake. */
export function readAsked(data: unknown): Asked | null {
  if (typeof data !== "object" || data === null) return null;
  const message = data as Readonly<Record<string, unknown>>;
  if (message.ramal !== VERSION) return null;
  const { id = null } = message;
  if (id !== null && !isId(id)) return null;
  const wish = readWish(message);
  return wish === null ? null : { ...wish, id };
}

function readWish({ command, call_id, contact_id, phone, number_id = null }: Record<string, unknown>): Wish | null {
  switch (command) {
    case "hello":
      return { command };
    case "call.answer":
    case "call.decline":
    case "call.hang_up":
      return typeof call_id === "string" && CALL_ID.test(call_id) ? { command, call_id } : null;
    case "dial":
      if (number_id !== null && !isRowId(number_id)) return null;
      if (phone === undefined) return isRowId(contact_id) ? { command, contact_id, number_id } : null;
      return contact_id === undefined && typeof phone === "string" && PHONE.test(phone)
        ? { command, phone: phone.trim(), number_id }
        : null;
    default:
      return null;
  }
}

function isId(value: unknown): value is string | number {
  return typeof value === "number"
    ? Number.isFinite(value)
    : typeof value === "string" && value.length <= LONGEST_ID_CHARS;
}

function isRowId(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

/** Origins as the gateway wrote them into the page; anything else in it is nobody. */
export function readOrigins(written: string): string[] {
  return written.split(/\s+/).filter((origin) => {
    try {
      return new URL(origin).origin === origin;
    } catch {
      return false;
    }
  });
}
