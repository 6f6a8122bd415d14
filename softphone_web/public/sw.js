// The service worker: notifications for calls that ring while the page is hidden or asleep. It keeps no file and answers
// no request of the page. Messages of the gateway come encrypted through the browser maker's push service, and hold no
// more than what stands below in `readRing`.
const TEXTS = {
  "pt-BR": {
    title: "Chamada de {label}",
    body: "Para {number}",
    answer: "Atender",
    decline: "Recusar",
    late: "Uma chamada tocou",
  },
  en: { title: "Call from {label}", body: "For {number}", answer: "Answer", decline: "Decline", late: "A call rang" },
  es: {
    title: "Llamada de {label}",
    body: "Para {number}",
    answer: "Contestar",
    decline: "Rechazar",
    late: "Sonó una llamada",
  },
};
const PAGE_ANSWERS_WITHIN_MS = 300;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(ring(readRing(event.data))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(pressed(event.action, event.notification.data?.call_id ?? ""));
});

function readRing(data) {
  try {
    const { call_id, label, number_label, until_unix_s, language } = data.json();
    return {
      call_id: String(call_id),
      label: String(label),
      number_label: String(number_label),
      until_ms: 1000 * Number(until_unix_s),
      language,
    };
  } catch {
    return null;
  }
}

/** Shown until the ring ends; browsers want every push to be shown, so one that comes late says that it rang. */
async function ring(call) {
  if (call === null) return;
  const texts = TEXTS[call.language] ?? TEXTS["pt-BR"];
  const left_ms = call.until_ms - Date.now();
  const title = left_ms > 0 ? texts.title : `${texts.late}: {label}`;
  await self.registration.showNotification(title.replace("{label}", call.label), {
    body: texts.body.replace("{number}", call.number_label),
    tag: call.call_id,
    icon: "/favicon.svg",
    requireInteraction: left_ms > 0,
    data: { call_id: call.call_id },
    actions:
      left_ms > 0
        ? [
            { action: "answer", title: texts.answer },
            { action: "decline", title: texts.decline },
          ]
        : [],
  });
  if (left_ms <= 0) return;
  await new Promise((done) => setTimeout(done, left_ms));
  for (const shown of await self.registration.getNotifications({ tag: call.call_id })) shown.close();
}

/** The tab that is the phone is shown and told; without one, a new one is opened. Never a second phone. */
async function pressed(action, call_id) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const answers = await Promise.all(pages.map((page) => tell(page, { type: "ring_action", action, call_id })));
  if (action === "decline") return;
  const phone = pages[answers.indexOf(true)] ?? pages[0];
  if (phone === undefined) await self.clients.openWindow("/");
  else await phone.focus().catch(() => undefined);
}

/** Whether this page is the phone; a page that is asleep does not say. */
function tell(page, message) {
  return new Promise((answer) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => answer(data === true);
    setTimeout(() => answer(false), PAGE_ANSWERS_WITHIN_MS);
    page.postMessage(message, [port2]);
  });
}
