/** Who calls, and why: beside a ring and on the card of a call. */
export const callerPtBR = {
  title: "Sobre o cliente",
  loading: "Procurando as últimas chamadas…",
  unreachable: "Não foi possível ver as últimas chamadas.",
  first: "Nenhuma chamada anterior que você possa ver.",
  protocol: "Protocolo {{code}}",
  since: "aberto desde {{when}}",
  keeper: "Quem cuida do cliente: {{name}}",
  keeperBusy: "Quem cuida do cliente: {{name}} (não estava livre)",
  direction: { inbound: "O cliente ligou", outbound: "Nós ligamos" },
};
