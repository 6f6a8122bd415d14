/** Notifications of the system, for calls that ring while nobody sees the page. */
export const notifyPtBR = {
  title: "Notificações",
  ring: "Chamada de {{caller}}",
  why: "Quando a chamada toca e o Ramal está escondido, o sistema avisa, com botões para atender e recusar.",
  turnOn: "Ativar notificações",
  turnOff: "Desativar notificações",
  state: {
    unsupported: "Este navegador não mostra notificações nesta página.",
    denied: "O navegador bloqueou as notificações. Clique no ícone ao lado do endereço da página e permita.",
    off: "As notificações estão desativadas neste computador.",
    on: "As notificações estão ativadas enquanto a página está aberta.",
    woken: "As notificações estão ativadas, mesmo se o navegador adormecer a página.",
  },
};
