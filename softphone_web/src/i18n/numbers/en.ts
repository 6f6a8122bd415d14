import type { Texts } from "../pt-BR";

export const numbersEn: Texts["numbers"] = {
  title: "Numbers",
  page: {
    settings: "Settings",
    readiness: "What is missing",
    plan: "Call plan",
    hours: "Opening hours",
    templates: "Asking permission",
    recording: "Recording",
    sounds: "Sounds",
  },
  add: "Add a number",
  disabled: "Disabled",
  none: "Each WhatsApp number of your departments is here, with how many calls it has now and how many Meta allows.",
  noDepartment: "No department",
  unreachable: "The load is not known right now.",
  old: "No news; what stands here is from before.",
  standingUnreachable: "How the numbers stand with Meta could not be found out. Calls go on as usual.",
  process: "This server",
  processHint: "What this machine may carry, and carries now.",
  figures: "{{used}} of {{limit}}",
  unlimited: "{{used}}, no limit",
  of: {
    inbound: "Calls in right now",
    outbound: "Calls out right now",
    initiations: "Calls begun in 24 hours",
    calls: "Calls",
    ports: "UDP ports",
    descriptors: "File descriptors",
    cpu: "Processor",
  },
  strain: {
    tight: "Close to the limit.",
    full: "At the limit: the next one is refused.",
  },
};
