/** Números ligados por QR code. */
export const devicesPtBR = {
  title: "Aparelhos conectados (QR code)",
  intro:
    "Números cujo WhatsApp outro sistema usa como aparelho conectado. Servem só para mensagens: a Meta não oferece chamadas a eles.",
  noCalls: "Chamadas impossíveis",
  none: "Nenhum número deste tipo.",
  add: "Adicionar à lista",
  change: "Mudar",
  remove: "Tirar da lista",
  label: "Nome",
  phone: "Telefone",
  note: "Anotação",
  noteHint:
    "Por exemplo, quando o celular principal foi aberto pela última vez: sem isso por 14 dias, o WhatsApp desfaz a ligação.",
  save: "Salvar",
  close: "Fechar sem salvar",
  unreachable: "Não foi possível ver estes números agora.",
  failed: "Não foi possível salvar. Tente de novo.",
  problem: {
    label_invalid: "De 1 a 120 caracteres.",
    phone_invalid: "Escreva como +55 11 95555-0101.",
    phone_exists: "Já está na lista ou é um número da API oficial.",
    note_invalid: "No máximo 2.000 caracteres.",
  },
};
