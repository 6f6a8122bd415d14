import type { Texts } from "../pt-BR";

export const callerEn: Texts["caller"] = {
  title: "About the customer",
  loading: "Looking for the last calls…",
  unreachable: "The last calls could not be looked up.",
  first: "No earlier call that you may see.",
  protocol: "Protocol {{code}}",
  since: "open since {{when}}",
  keeper: "Looks after the customer: {{name}}",
  keeperBusy: "Looks after the customer: {{name}} (was not free)",
  direction: { inbound: "The customer called", outbound: "We called" },
};
