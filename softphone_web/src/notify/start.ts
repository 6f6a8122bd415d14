/** Notifications of a signed-in page: wired to the browser. */

import i18n from "i18next";
import type { DeskStore } from "../desk/store";
import type { Phone } from "../phone/phone";
import { callerName } from "../phone/view/caller";
import { mayNotify } from "./preference";
import { subscribe } from "./push";
import { type Ring, type RingAction, RingNotifier, type RingTexts } from "./ring_notifier";
import { serviceWorker } from "./worker";

/** Returns how to end it. */
export function startNotifications(store: DeskStore, phone: Phone): () => void {
  const notifier = new RingNotifier({
    store,
    phone,
    registration: serviceWorker,
    isSeen: () => !document.hidden && document.hasFocus(),
    mayNotify,
    texts,
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

function texts(ring: Ring): RingTexts {
  if (ring.from === "colleague") {
    const { by, party } = ring.asked;
    return {
      title: i18n.t("transfer.asks", { name: by }),
      body: i18n.t("transfer.about", { caller: callerName(party) }),
      answer: i18n.t("transfer.talk"),
      decline: i18n.t("transfer.notNow"),
    };
  }
  const { party } = ring.call;
  return {
    title: i18n.t("notify.ring", { caller: callerName(party) }),
    body: i18n.t("ring.for", { number: party.number_label }),
    answer: i18n.t("ring.answer"),
    decline: i18n.t("ring.decline"),
  };
}
