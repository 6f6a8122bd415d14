export const supervisePtBR = {
  start: "Ouvir a chamada com {{caller}}",
  title: "Você acompanha {{agent}}",
  waiting: "O cliente espera o próximo atendente.",
  with: "Cliente: {{caller}}",
  now: {
    listen: "Você ouve os dois. Ninguém ouve você.",
    whisper: "Só o atendente ouve você.",
    barge_in: "O cliente e o atendente ouvem você.",
  },
  to: { listen: "Só ouvir", whisper: "Sussurrar ao atendente", barge_in: "Entrar na conversa" },
  takeOver: "Assumir a chamada",
  leave: "Sair da chamada",
  seen: {
    listen: "{{name}} está ouvindo esta chamada.",
    whisper: "{{name}} fala com você. O cliente não ouve.",
    barge_in: "{{name}} está na conversa. O cliente também ouve.",
  },
  taken: "{{name}} assumiu sua chamada.",
};
