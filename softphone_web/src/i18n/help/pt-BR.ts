/** Ajuda de quem atende. */
export const helpPtBR = {
  title: "Ajuda",
  limits: {
    title: "O que o WhatsApp não faz",
    desktop:
      "Clientes não conseguem ligar pelo WhatsApp do computador (Desktop ou Web): peça que liguem pelo celular. O mesmo vale para o link e o botão de ligar.",
    oldApp:
      "O aplicativo do cliente precisa ser recente: botão de ligar e pedido de permissão não aparecem em versões antigas. Peça que atualizem o WhatsApp.",
    groups: "Só há chamadas de voz entre um cliente e a empresa: nem grupos, nem vídeo.",
    phone: "Chamadas do WhatsApp não passam pela rede telefônica: não se transfere para um número de telefone.",
    permission: "Só se liga para quem permitiu. Uma permissão vale para um dos nossos números, e não para os outros.",
    silent: "Antes de atendermos o cliente só ouve chamar: nenhuma mensagem pode ser tocada até lá.",
  },
  questions: {
    title: "Por que é assim",
    whyAsk: {
      ask: "Por que é preciso pedir permissão?",
      answer:
        "A Meta quer que as pessoas só recebam chamadas de empresas que escolheram. Sem permissão o WhatsApp nem faz tocar o celular do cliente.",
    },
    whyWait: {
      ask: "Por que não posso pedir de novo agora?",
      answer:
        "A Meta limita os pedidos por dia e por semana para que ninguém seja incomodado. Quem pede demais perde o direito de pedir e de ligar.",
    },
    whyOnce: {
      ask: "Por que chamadas sem resposta contam?",
      answer:
        "Chamadas seguidas sem resposta são, para a Meta, sinal de que o cliente não quer falar: o WhatsApp avisa e depois retira a permissão.",
    },
    whyHidden: {
      ask: "Por que o botão de ligar sumiu do nosso número?",
      answer:
        "Se poucas chamadas de clientes são atendidas, a Meta esconde o botão, para que ninguém ligue em vão. A supervisão vê o aviso antes.",
    },
    official: {
      ask: "Serve para qualquer número de WhatsApp?",
      answer:
        "Não. Depende só da API oficial do WhatsApp (Cloud API): números do aplicativo, em coexistência ou conectados por QR code não fazem chamadas aqui.",
    },
  },
  catalogue: {
    title: "O que o Ramal diz quando não dá",
    hint: "Cada recusa, o que ajuda e, em letras pequenas, o código para o suporte.",
    meta: "Meta {{codes}}",
  },
};
