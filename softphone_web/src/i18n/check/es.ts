import type { DeepText } from "../pt-BR";
import type { checkPtBR } from "./pt-BR";

export const checkEs: DeepText<typeof checkPtBR> = {
  title: "Comprobar este equipo",
  intro: "Micrófono, altavoz y red, en un minuto. Nadie oye lo que usted dice aquí.",
  start: "Empezar",
  again: "Comprobar de nuevo",
  elsewhere: "Su teléfono está en otra pestaña. Ciérrela, o use el teléfono aquí, para comprobar.",
  state: {
    waiting: "sin comprobar",
    running: "comprobando…",
    good: "todo bien",
    poor: "con reservas",
    bad: "con un problema",
  },
  browser: {
    title: "Navegador",
    good: "Este navegador tiene todo lo que el teléfono necesita.",
    insecure: "El navegador solo permite el micrófono en páginas https. Pida al administrador la dirección segura.",
    old: "Este navegador no hace llamadas. Use una versión actual de Chrome, Edge, Firefox o Safari.",
  },
  microphone: {
    title: "Micrófono",
    speak: "Diga unas palabras.",
    good: "Su voz llega al micrófono.",
    quiet:
      "Todavía no se oye nada. Mire si los auriculares están en silencio, o elija otro micrófono en la página Audio.",
  },
  speaker: {
    title: "Altavoz",
    play: "Reproducir el tono",
    question: "¿Oye el tono?",
    yes: "Lo oigo",
    no: "No lo oigo",
    good: "Usted oye el tono de llamada.",
    bad: "Suba el volumen del equipo y de los auriculares, o elija otro altavoz en la página Audio.",
  },
  network: {
    microphoneFirst: "Se comprueba cuando haya un micrófono.",
    title: "Red",
    hint: "Tarda unos segundos.",
    good: "El sonido llega bien: ida y vuelta en {{rtt_ms}} ms.",
    no_path:
      "El sonido no llega: un cortafuegos cierra el camino. Pida a quien cuida la red que permita UDP hacia esta dirección, o al administrador un servidor TURN.",
    no_link: "El servidor no responde. Mire si internet funciona.",
    delay:
      "El sonido tarda: ida y vuelta en {{rtt_ms}} ms. Descargas o una VPN en el mismo camino pueden ser la causa.",
    loss: "Se pierde un {{loss}} % del sonido. Mejor cable que Wi-Fi, o acérquese al router.",
    jitter: "El sonido llega a tirones ({{jitter_ms}} ms). Mejor cable que Wi-Fi; cierre vídeos y descargas.",
    relayed: "El sonido pasa por un servidor de apoyo (TURN): funciona, con algo más de retraso.",
    not_reported: "Hay un camino, pero aún no se sabe cómo llega el sonido. Compruebe de nuevo.",
  },
  audioPage: "Elegir aparatos en la página Audio",
  done: "Todo listo para atender.",
};
