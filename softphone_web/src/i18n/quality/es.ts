import type { Texts } from "../pt-BR";

export const qualityEs: Texts["quality"] = {
  label: "Calidad de la llamada",
  of: { microphone: "Micrófono", network: "Su red", customer: "Cliente" },
  light: { good: "bien", fair: "regular", poor: "mal", off: "silencio" },
  switchedTo: "El micrófono se desconectó. Ahora se usa: {{name}}.",
  trouble: {
    customer_silent: {
      title: "No llega sonido del cliente",
      step: "Puede haber fallado su micrófono o su conexión. Pídale que lo revise; si nada cambia, cuelgue y vuelva a llamar.",
    },
    customer_receives_nothing: {
      title: "El cliente no le oye",
      step: "Lo que enviamos no llega al teléfono del cliente. Espere unos segundos; si sigue así, cuelgue y vuelva a llamar.",
    },
    microphone_gone: {
      title: "Ningún micrófono",
      step: "El cliente no le oye. Conecte los auriculares u otro micrófono: se usará al instante.",
    },
    microphone_muted: {
      title: "El sistema silencia su micrófono",
      step: "Revise el botón de silencio de los auriculares y el sonido del equipo.",
    },
    microphone_silent: {
      title: "El micrófono solo capta silencio",
      step: "Revise el botón de silencio de los auriculares o elija otro micrófono en la página Audio.",
    },
    microphone_sends_nothing: {
      title: "Su voz no nos llega",
      step: "Revise el cable o el Wi-Fi. Si sigue así, recargue la página: la llamada continúa.",
    },
    agent_hears_nothing: {
      title: "El sonido no le llega",
      step: "Revise el cable o el Wi-Fi. Si sigue así, recargue la página: la llamada continúa.",
    },
    agent_path_broken: {
      title: "Su red no deja pasar el sonido",
      step: "Estamos rehaciendo la conexión. Revise el cable, el Wi-Fi o la VPN.",
    },
  },
  wasUnreachable: "Esta página no respondió de {{since}} a {{until}}. Las llamadas fueron a los demás.",
  keepAwake: "El navegador puede dormir las pestañas ocultas: deje Ramal en una ventana propia.",
};
