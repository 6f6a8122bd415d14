import type { Texts } from "../pt-BR";

export const notifyEn: Texts["notify"] = {
  title: "Notifications",
  ring: "Call from {{caller}}",
  why: "When a call rings while Ramal is hidden, the system tells you, with buttons to answer and decline.",
  turnOn: "Turn notifications on",
  turnOff: "Turn notifications off",
  state: {
    unsupported: "This browser shows no notifications on this page.",
    denied: "The browser blocked notifications. Click the icon beside the page's address and allow them.",
    off: "Notifications are off on this computer.",
    on: "Notifications are on while the page is open.",
    woken: "Notifications are on, even if the browser puts the page to sleep.",
  },
};
