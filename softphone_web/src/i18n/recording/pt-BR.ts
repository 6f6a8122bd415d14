/** The recording of a call, on its card. */
export const recordingPtBR = {
  light: {
    off: "Não gravada",
    on: "Gravando",
    paused: "Gravação pausada",
    failed: "Gravação interrompida",
    asking: "Pedindo consentimento",
    refused: "Gravação recusada",
  },
  start: "Gravar",
  stop: "Parar de gravar",
  holdBack: "Pausar para cartão",
  goOn: "Voltar a gravar",
  asking: "O cliente está ouvindo o aviso de gravação. Vocês se ouvem logo em seguida.",
  heldBack: "Nada é guardado até você voltar a gravar.",
  failed: {
    disk_full: "O disco do servidor está cheio. A chamada continua sem gravação; avise o administrador.",
    other: "O servidor não consegue mais gravar. A chamada continua sem gravação; avise o administrador.",
  },
  column: "Gravação",
  open: "Gravação: {{state}}. Abrir",
  close: "Fechar a gravação",
  state: {
    none: "Sem gravação",
    recording: "Gravando agora",
    finishing: "Preparando o áudio",
    recorded: "Gravada",
    partial: "Gravada em parte",
    failed: "Gravação falhou",
    refused: "Gravação recusada",
    deleted: "Gravação apagada",
  },
};
