import type { DeepText } from "../pt-BR";
import type { policiesPtBR } from "./pt-BR";

export const policiesEn: DeepText<typeof policiesPtBR> = {
  hint: "For each call the most specific rule counts: its department's before its direction's, and that before the general one.",
  none: "Rules say which calls are recorded, with or without asking the customer, and how long they are kept.",
  unreadable: "The saved rules are from another version of Ramal and cannot be read. Nothing is recorded.",
  add: "Add a rule",
  title: "Rule {{number}}",
  remove: "Remove",
  removeOne: "Remove rule {{number}}",
  direction: "Calls",
  bothDirections: "In and out",
  of: { inbound: "Received", outbound: "Made" },
  department: "Department",
  allDepartments: "All",
  when: "Record",
  is: {
    always: "Always",
    after_consent: "After consent",
    on_demand: "When the agent wants to",
    never: "Never",
  },
  agreement: "The customer agrees",
  agrees: { key: "by pressing a key", staying: "by staying after the notice" },
  key: "Key",
  answer: "Seconds to press it",
  parts: "Record also",
  partsHint:
    "With what the customer says, and what they hear of us. The conversation with the agent is always recorded.",
  part: { greeting: "Greetings and announcements", menu: "Menus", queue: "The queue", hold: "Hold" },
  forEver: "Keep for ever",
  days: "Days kept",
  daysHint: "Also of messages left after the beep.",
  journal: "Keep the original packets as well",
  gap: {
    twice: "There is a rule for these calls already.",
    keep_days: "1 to 3650 days.",
    answer_s: "1 to 30 seconds.",
  },
  changed: "rules {{numbers}}",
  theirs: "rules in all: {{count}}",
};
