import type { Texts } from "../pt-BR";

export const superviseEn: Texts["supervise"] = {
  start: "Listen to the call with {{caller}}",
  title: "You are with {{agent}}",
  waiting: "The customer waits for the next agent.",
  with: "Customer: {{caller}}",
  now: {
    listen: "You hear both. Nobody hears you.",
    whisper: "Only the agent hears you.",
    barge_in: "Customer and agent hear you.",
  },
  to: { listen: "Only listen", whisper: "Whisper to the agent", barge_in: "Join the conversation" },
  takeOver: "Take the call over",
  leave: "Leave the call",
  seen: {
    listen: "{{name}} is listening to this call.",
    whisper: "{{name}} is speaking to you. The customer does not hear it.",
    barge_in: "{{name}} is in the conversation. The customer hears them, too.",
  },
  taken: "{{name}} has taken your call over.",
};
