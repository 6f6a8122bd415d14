import type { Texts } from "../pt-BR";

export const callerEs: Texts["caller"] = {
  title: "Sobre el cliente",
  loading: "Buscando las últimas llamadas…",
  unreachable: "No fue posible ver las últimas llamadas.",
  first: "Ninguna llamada anterior que usted pueda ver.",
  protocol: "Protocolo n.º {{code}}",
  since: "abierto desde {{when}}",
  keeper: "Quien atiende al cliente: {{name}}",
  keeperBusy: "Quien atiende al cliente: {{name}} (no estaba libre)",
  direction: { inbound: "El cliente llamó", outbound: "Nosotros llamamos" },
};
