/** Between our panel and the page around it: who may speak to us, what is done of it, and what they are told. */
import { type Desk, myCall, phoneIsElsewhere, ringingHere } from "../desk/desk";
import { type Asked, type Reply, readAsked, type Told, VERSION, type WhyNot } from "./messages";
import { newsOf, standing } from "./news";

/** What a wish of the page around us can set in motion; the agent's own buttons do the same. */
export interface Hands {
  answer(call_id: string): void;
  decline(call_id: string): void;
  hangUp(call_id: string): void;
  /** Who this contact is, shown to the agent as somebody to call; false: they may not see them. Calls nobody. */
  choose(contact_id: number, number_id: number | null): Promise<boolean>;
  /** Puts a number where the agent would type it. Calls nobody. */
  type(phone: string, number_id: number | null): void;
  /** The contact of a call of theirs; null: not known. */
  contactOf(call_id: string): Promise<number | null>;
}

export interface BridgeParts {
  /** The window around us. */
  parent: Pick<Window, "postMessage">;
  /** Who may be the page in it. */
  origins: readonly string[];
  /** Who it is, where the browser says so (`location.ancestorOrigins`); else they have to speak first. */
  origin: string | null;
  now_ms: () => number;
  wait: (ms: number) => Promise<void>;
}

const TELLS_OF_A_CUSTOMER = new Set(["call.placed", "call.answered", "call.ended"]);

/** Each choice asks the gateway, and the gateway Meta. */
const CHOICES_APART_MS = 1_000;

/** Agents are shown a call before it is saved, which may take a second; before that it is not theirs in the history. */
const LOOKS_AFTER_MS = [1_500, 6_000];

export class Bridge {
  private origin: string | null;
  private desk: Desk | null = null;
  private hands: Hands | null = null;
  private chosen_ms = Number.NEGATIVE_INFINITY;
  private readonly contacts = new Map<string, number>();

  constructor(private readonly parts: BridgeParts) {
    const { origin, origins } = parts;
    this.origin = origin !== null && origins.includes(origin) ? origin : null;
  }

  start(): void {
    this.tell({ event: "ready", signed_in: false });
  }

  /** For every message that comes to this window. */
  heard({ source, origin, data }: Pick<MessageEvent, "source" | "origin" | "data">): void {
    if (source !== this.parts.parent || !this.parts.origins.includes(origin)) return;
    const asked = readAsked(data);
    if (asked === null) return;
    this.origin = origin;
    void this.carryOut(asked).then((why) => this.answer(asked, why));
  }

  /** How the desk stands now; null: nobody is signed in. */
  follow(desk: Desk | null, hands: Hands | null): void {
    const news = newsOf(this.desk, desk, this.contactOf);
    this.desk = desk;
    this.hands = hands;
    for (const told of news) {
      this.tell(told);
      if ("call" in told && TELLS_OF_A_CUSTOMER.has(told.event)) void this.lookUp(told.call.call_id);
    }
  }

  private readonly contactOf = (call_id: string): number | null => this.contacts.get(call_id) ?? null;

  private async lookUp(call_id: string): Promise<void> {
    for (const after_ms of LOOKS_AFTER_MS) {
      await this.parts.wait(after_ms);
      if (this.contacts.has(call_id)) return;
      const contact_id = (await this.hands?.contactOf(call_id)) ?? null;
      if (contact_id === null || this.contacts.has(call_id)) continue;
      this.contacts.set(call_id, contact_id);
      this.tell({ event: "call.customer", call_id, contact_id });
      return;
    }
  }

  private async carryOut(asked: Asked): Promise<WhyNot | null> {
    const { desk, hands } = this;
    if (asked.command === "hello") {
      this.tell({ event: "ready", signed_in: desk !== null });
      for (const told of standing(desk, this.contactOf)) this.tell(told);
      return null;
    }
    if (desk === null || hands === null) return "not_signed_in";
    if (desk.link !== "connected" || desk.state === null) return "no_connection";
    if (phoneIsElsewhere(desk)) return "elsewhere";
    switch (asked.command) {
      case "call.answer":
      case "call.decline":
        if (!ringingHere(desk).some(({ call_id }) => call_id === asked.call_id)) return "not_ringing";
        if (desk.answering !== null) return "busy";
        if (asked.command === "call.answer") hands.answer(asked.call_id);
        else hands.decline(asked.call_id);
        return null;
      case "call.hang_up":
        if (myCall(desk)?.call_id !== asked.call_id) return "not_your_call";
        hands.hangUp(asked.call_id);
        return null;
      case "dial":
        return this.choose(asked, desk, hands);
    }
  }

  private async choose(asked: Asked & { command: "dial" }, desk: Desk, hands: Hands): Promise<WhyNot | null> {
    const from = (desk.state?.call_from ?? []).map(({ number_id }) => number_id);
    if (from.length === 0 || (asked.number_id !== null && !from.includes(asked.number_id))) return "may_not_call";
    if (myCall(desk) !== null || ringingHere(desk).length > 0) return "busy";
    const now_ms = this.parts.now_ms();
    if (now_ms - this.chosen_ms < CHOICES_APART_MS) return "too_often";
    this.chosen_ms = now_ms;
    if ("contact_id" in asked) {
      return (await hands.choose(asked.contact_id, asked.number_id)) ? null : "unknown_contact";
    }
    hands.type(asked.phone, asked.number_id);
    return null;
  }

  private answer({ command, id }: Asked, why: WhyNot | null): void {
    this.post({ reply: command, id, ok: why === null, why });
  }

  private tell(told: Told): void {
    this.post(told);
  }

  private post(message: Told | Reply): void {
    if (this.origin !== null) this.parts.parent.postMessage({ ramal: VERSION, ...message }, this.origin);
  }
}
