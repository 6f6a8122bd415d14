/** A system notification for whoever rings while nobody sees the page, and what is pressed on it. */
import type { AskedNow, RingingCall } from "../contract/messages";
import { type Desk, isAsked, phoneIsElsewhere, ringingHere } from "../desk/desk";
import type { DeskStore } from "../desk/store";
import type { Phone } from "../phone/phone";

export interface RingTexts {
  title: string;
  body: string;
  answer: string;
  decline: string;
}

type Registration = Pick<ServiceWorkerRegistration, "showNotification" | "getNotifications">;

/** A customer who calls, or a colleague who asks about a call of theirs. */
export type Ring = { from: "customer"; call: RingingCall } | { from: "colleague"; asked: AskedNow };

export interface NotifierParts {
  store: DeskStore;
  phone: Pick<Phone, "answer" | "decline" | "answerConsult" | "leaveConsult">;
  registration: () => Promise<Registration | null>;
  isSeen: () => boolean;
  mayNotify: () => boolean;
  texts: (ring: Ring) => RingTexts;
  /** A clock that never goes back. */
  now_s: () => number;
}

/** What the service worker says when a notification was pressed. `call_id`: the notification's tag. */
export interface RingAction {
  type: "ring_action";
  action: string;
  call_id: string;
}

/** A page that was asleep learns of its calls a moment after it was woken by the press. */
const WAKES_WITHIN_S = 10;

export class RingNotifier {
  /** By tag. Of a customer's it is the call's id, as of the notifications that web push shows. */
  private rings = new Map<string, Ring>();
  private readonly shown = new Set<string>();
  /** What the browser is asked for, one thing after another: a ring may end and begin again while it works. */
  private work: Promise<void> = Promise.resolve();
  private wanted: { call_id: string; action: string; until_s: number } | null = null;
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly parts: NotifierParts) {}

  start(): void {
    this.unsubscribe = this.parts.store.subscribe(() => this.follow());
  }

  stop(): void {
    this.unsubscribe();
    this.rings = new Map();
    this.settle();
  }

  /** Returns whether this page is the agent's phone: that tab is shown. */
  pressed({ action, call_id }: RingAction): boolean {
    this.wanted = { call_id, action, until_s: this.parts.now_s() + WAKES_WITHIN_S };
    this.follow();
    const desk = this.parts.store.current();
    return desk.state?.phone === "here" && !phoneIsElsewhere(desk);
  }

  private follow(): void {
    const rings = ringsOf(this.parts.store.current());
    const before = this.rings;
    this.rings = rings;
    if (rings.size !== before.size || [...rings.keys()].some((tag) => !before.has(tag))) this.settle();
    const { wanted } = this;
    const ring = wanted === null ? undefined : rings.get(wanted.call_id);
    if (wanted === null || ring === undefined) return;
    this.wanted = null;
    if (this.parts.now_s() > wanted.until_s) return;
    if (wanted.action === "answer") this.answer(ring);
    if (wanted.action === "decline") this.decline(ring);
  }

  private answer(ring: Ring): void {
    const { phone } = this.parts;
    if (ring.from === "customer") void phone.answer(ring.call.call_id);
    else void phone.answerConsult(ring.asked.call_id);
  }

  private decline(ring: Ring): void {
    const { phone } = this.parts;
    if (ring.from === "customer") void phone.decline(ring.call.call_id);
    else void phone.leaveConsult(ring.asked.call_id);
  }

  /** Brings what is shown in line with what rings. */
  private settle(): void {
    this.work = this.work.then(() => this.settleOnce()).catch(() => undefined);
  }

  private async settleOnce(): Promise<void> {
    const registration = await this.parts.registration();
    if (registration === null) return;
    for (const tag of [...this.shown].filter((one) => !this.rings.has(one))) {
      this.shown.delete(tag);
      // Also one that web push has shown.
      for (const notification of await registration.getNotifications({ tag })) notification.close();
    }
    for (const [tag, ring] of this.rings) {
      if (this.shown.has(tag)) continue;
      this.shown.add(tag);
      if (this.parts.mayNotify() && !this.parts.isSeen()) await this.show(registration, tag, ring);
    }
  }

  private async show(registration: Registration, tag: string, ring: Ring): Promise<void> {
    const { title, body, answer, decline } = this.parts.texts(ring);
    const options: NotificationOptions & { actions: { action: string; title: string }[] } = {
      body,
      tag,
      icon: "/favicon.svg",
      requireInteraction: true,
      silent: true, // the page rings
      data: { call_id: tag },
      actions: [
        { action: "answer", title: answer },
        { action: "decline", title: decline },
      ],
    };
    await registration.showNotification(title, options);
  }
}

function ringsOf(desk: Desk): Map<string, Ring> {
  const rings = new Map<string, Ring>(
    ringingHere(desk).map((call) => [call.call_id, { from: "customer", call }] as const),
  );
  const asked = isAsked(desk) ? desk.state?.asked : null;
  if (asked) rings.set(`consult-${asked.call_id}`, { from: "colleague", asked });
  return rings;
}
