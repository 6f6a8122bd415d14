/** A system notification for each call that rings while nobody sees the page, and what is pressed on it. */
import type { RingingCall } from "../contract/messages";
import { phoneIsElsewhere, ringingHere } from "../desk/desk";
import type { DeskStore } from "../desk/store";
import type { Phone } from "../phone/phone";

export interface RingTexts {
  title: string;
  body: string;
  answer: string;
  decline: string;
}

type Registration = Pick<ServiceWorkerRegistration, "showNotification" | "getNotifications">;

export interface NotifierParts {
  store: DeskStore;
  phone: Pick<Phone, "answer" | "decline">;
  registration: () => Promise<Registration | null>;
  isSeen: () => boolean;
  mayNotify: () => boolean;
  texts: (call: RingingCall) => RingTexts;
  /** A clock that never goes back. */
  now_s: () => number;
}

/** What the service worker says when a notification was pressed. */
export interface RingAction {
  type: "ring_action";
  action: string;
  call_id: string;
}

/** A page that was asleep learns of its calls a moment after it was woken by the press. */
const WAKES_WITHIN_S = 10;

export class RingNotifier {
  private rings = new Map<string, RingingCall>();
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
    const rings = new Map(ringingHere(this.parts.store.current()).map((call) => [call.call_id, call]));
    const before = this.rings;
    this.rings = rings;
    if (rings.size !== before.size || [...rings.keys()].some((call_id) => !before.has(call_id))) this.settle();
    const { wanted } = this;
    if (wanted === null || !rings.has(wanted.call_id)) return;
    this.wanted = null;
    if (this.parts.now_s() > wanted.until_s) return;
    if (wanted.action === "answer") void this.parts.phone.answer(wanted.call_id);
    if (wanted.action === "decline") void this.parts.phone.decline(wanted.call_id);
  }

  /** Brings what is shown in line with what rings. */
  private settle(): void {
    this.work = this.work.then(() => this.settleOnce()).catch(() => undefined);
  }

  private async settleOnce(): Promise<void> {
    const registration = await this.parts.registration();
    if (registration === null) return;
    for (const call_id of [...this.shown].filter((one) => !this.rings.has(one))) {
      this.shown.delete(call_id);
      // Also one that web push has shown: both carry the call's id.
      for (const notification of await registration.getNotifications({ tag: call_id })) notification.close();
    }
    for (const call of this.rings.values()) {
      if (this.shown.has(call.call_id)) continue;
      this.shown.add(call.call_id);
      if (this.parts.mayNotify() && !this.parts.isSeen()) await this.show(registration, call);
    }
  }

  private async show(registration: Registration, call: RingingCall): Promise<void> {
    const { title, body, answer, decline } = this.parts.texts(call);
    const options: NotificationOptions & { actions: { action: string; title: string }[] } = {
      body,
      tag: call.call_id,
      icon: "/favicon.svg",
      requireInteraction: true,
      silent: true, // the page rings
      data: { call_id: call.call_id },
      actions: [
        { action: "answer", title: answer },
        { action: "decline", title: decline },
      ],
    };
    await registration.showNotification(title, options);
  }
}
