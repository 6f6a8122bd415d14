/** Numbers and their load. */
export const numbersPtBR = {
  title: "Números",
  page: {
    settings: "Configurações",
    readiness: "O que falta",
    plan: "Plano de atendimento",
    hours: "Horários",
    recording: "Gravação",
  },
  add: "Adicionar número",
  disabled: "Desativado",
  none: "Nenhum número dos seus departamentos.",
  noDepartment: "Sem departamento",
  unreachable: "Não foi possível saber a carga agora.",
  old: "Sem notícias novas; o que está aqui é de antes.",
  process: "Este servidor",
  processHint: "O que esta máquina pode carregar e carrega agora.",
  figures: "{{used}} de {{limit}}",
  unlimited: "{{used}}, sem limite",
  of: {
    inbound: "Chamadas recebidas agora",
    outbound: "Chamadas feitas agora",
    initiations: "Ligações iniciadas em 24 horas",
    calls: "Chamadas",
    ports: "Portas UDP",
    descriptors: "Descritores de arquivo",
    cpu: "Processador",
  },
  strain: {
    tight: "Perto do limite.",
    full: "No limite: a próxima é recusada.",
  },
};
