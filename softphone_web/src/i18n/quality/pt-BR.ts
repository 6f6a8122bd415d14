/** How a call sounds, which link of it is broken and what helps (codes of `signaling.sound`), and this page's own state. */
export const qualityPtBR = {
  label: "Qualidade da ligação",
  of: { microphone: "Microfone", network: "Sua rede", customer: "Cliente" },
  light: { good: "ok", fair: "regular", poor: "ruim", off: "mudo" },
  switchedTo: "O microfone foi desconectado. Agora vale: {{name}}.",
  trouble: {
    customer_silent: {
      title: "Não chega som do cliente",
      step: "O microfone ou a conexão do cliente pode ter falhado. Peça que confira; se nada mudar, encerre e retorne a chamada.",
    },
    customer_receives_nothing: {
      title: "O cliente não está ouvindo você",
      step: "O que enviamos não chega ao celular do cliente. Aguarde alguns segundos; se continuar, encerre e retorne a chamada.",
    },
    microphone_gone: {
      title: "Nenhum microfone",
      step: "O cliente não ouve você. Conecte o fone ou outro microfone: ele passa a valer na hora.",
    },
    microphone_muted: {
      title: "O microfone está mudo no sistema",
      step: "Confira o botão de mudo do fone e as configurações de som do computador.",
    },
    microphone_silent: {
      title: "O microfone só capta silêncio",
      step: "Confira o botão de mudo do fone, ou escolha outro microfone na página Áudio.",
    },
    microphone_sends_nothing: {
      title: "Sua voz não chega até nós",
      step: "Confira o cabo ou o Wi-Fi. Se continuar, recarregue a página: a ligação não cai.",
    },
    agent_hears_nothing: {
      title: "O som não chega até você",
      step: "Confira o cabo ou o Wi-Fi. Se continuar, recarregue a página: a ligação não cai.",
    },
    agent_path_broken: {
      title: "Sua rede não deixa o som passar",
      step: "Estamos refazendo a conexão. Confira o cabo, o Wi-Fi ou a VPN.",
    },
  },
  wasUnreachable: "Esta página não respondeu de {{since}} a {{until}}. As chamadas foram para os outros.",
  keepAwake: "O navegador pode adormecer abas ocultas: deixe o Ramal em uma janela própria.",
};
