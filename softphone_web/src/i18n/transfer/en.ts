import type { Texts } from "../pt-BR";

export const transferEn: Texts["transfer"] = {
  open: "Transfer",
  search: "Colleague or department",
  unreachable: "It is not known who is free.",
  nobody: "Nobody of that name.",
  free: "{{n}} free",
  ask: "Ask first",
  askWho: "Ask {{name}} first",
  now: "Transfer",
  toWho: "Transfer to {{name}}",
  with: "Asking {{name}}",
  askedBy: "{{name}} is asking you",
  ringing: "It rings for them; the customer hears music.",
  customerWaits: "You hear each other; the customer hears music.",
  handOver: "Hand the call over",
  back: "End the consultation",
  leave: "Leave the consultation",
  asks: "{{name}} wants to ask you",
  about: "About the call of {{caller}}",
  talk: "Talk",
  notNow: "Not now",
};
