/** Customers who should be called back. */
export const callbacksPtBR = {
  title: "Retornos",
  none: "Quem ligar e não for atendido, desistir na fila ou deixar um recado aparece aqui até alguém da equipe falar com a pessoa.",
  unreachable: "Não foi possível carregar os retornos agora.",
  reason: {
    missed: "Ninguém atendeu",
    abandoned: "Esperou na fila e desistiu",
    promised: "Pediu que ligássemos",
    interrupted: "A conversa foi interrompida",
    failed: "A chamada falhou antes de ser atendida",
  },
  times: "{{n}} vezes, de {{first}} até {{last}}",
  message: "Mensagem de voz, {{length}}",
  mine: "Com você",
  takenBy: "Com {{name}}",
  tooLate: "{{name}} pegou este retorno antes.",
  failed: "Não deu certo. Tente de novo.",
  call: "Ligar de volta",
  giveBack: "Devolver à lista",
  done: "Já resolvido",
  dismiss: "Não é preciso ligar",
};
