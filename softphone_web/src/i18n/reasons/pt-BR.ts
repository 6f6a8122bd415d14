/** The company's own words for pauses and for what came of calls. */
export const reasonsPtBR = {
  disposition: {
    title: "Resultados das chamadas",
    hint: "O que o atendente escolhe depois de cada chamada. O histórico filtra por eles e os outros sistemas os recebem.",
  },
  pause: {
    title: "Motivos de pausa",
    hint: "O que o atendente escolhe ao pausar. O painel ao vivo mostra o motivo.",
  },
  word: "Palavra {{n}}",
  up: "Subir: {{word}}",
  remove: "Remover: {{word}}",
  add: "Adicionar",
  usual: "Voltar às palavras do Ramal",
  usualEffect: "A lista volta a ser a que vem com o Ramal, em três idiomas. O que já foi escolhido em chamadas fica.",
  saved: "Salvo. Páginas já abertas passam a mostrar em até cinco minutos.",
  problem: { missing: "Falta preencher.", twice: "Já está na lista." },
};
