/** Notifications of a signed-in page: wired to the browser. */

import i18n from "i18next";
import type { DeskStore } from "../desk/store";
import type { Phone } from "../phone/phone";
import { callerName } from "../phone/view/caller";
import { mayNotify } from "./preference";
import { subscribe } from "./push";
import { type RingAction, RingNotifier } from "./ring_notifier";
import { serviceWorker } from "./worker";

/** Returns how to end it. */
export function startNotifications(store: DeskStore, phone: Phone): () => void {
  const notifier = new RingNotifier({
    store,
    phone,
    registration: serviceWorker,
    isSeen: () => !document.hidden && document.hasFocus(),
    mayNotify,
    texts: (call) => ({
      title: i18n.t("notify.ring", { caller: callerName(call.party) }),
      body: i18n.t("ring.for", { number: call.party.number_label }),
      answer: i18n.t("ring.answer"),
      decline: i18n.t("ring.decline"),
    }),
    now_s: () => performance.now() / 1000,
  });
  notifier.start();
  const done = new AbortController();
  navigator.serviceWorker?.addEventListener(
    "message",
    ({ data, ports }: MessageEvent<RingAction>) => {
      if (data?.type === "ring_action") ports[0]?.postMessage(notifier.pressed(data));
    },
    { signal: done.signal },
  );
  void serviceWorker();
  // Push services change addresses now and then, and the gateway forgets those that stopped working.
  if (mayNotify()) void subscribe(i18n.language);
  return () => {
    done.abort();
    notifier.stop();
  };
}
