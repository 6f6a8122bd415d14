import type { DeepText } from "../pt-BR";
import type { checkPtBR } from "./pt-BR";

export const checkEs: DeepText<typeof checkPtBR> = {
  title: "Comprobar este equipo",
  intro: "Micrófono, altavoz y red, en un minuto. Nadie oye lo que dices aquí.",
  start: "Empezar",
  again: "Comprobar de nuevo",
  elsewhere: "Tu teléfono está en otra pestaña. Ciérrala, o usa el teléfono aquí, para comprobar.",
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
    insecure: "El navegador solo permite el micrófono en páginas https. Pide al administrador la dirección segura.",
    old: "Este navegador no hace llamadas. Usa una versión actual de Chrome, Edge, Firefox o Safari.",
  },
  microphone: {
    title: "Micrófono",
    speak: "Di unas palabras.",
    good: "Tu voz llega al micrófono.",
    quiet:
      "Todavía no se oye nada. Mira si los auriculares están en silencio, o elige otro micrófono en la página Audio.",
  },
  speaker: {
    title: "Altavoz",
    play: "Reproducir el tono",
    question: "¿Oyes el tono?",
    yes: "Lo oigo",
    no: "No lo oigo",
    good: "Oyes el tono de llamada.",
    bad: "Sube el volumen del equipo y de los auriculares, o elige otro altavoz en la página Audio.",
  },
  network: {
    microphoneFirst: "Se comprueba cuando haya un micrófono.",
    title: "Red",
    hint: "Tarda unos segundos.",
    good: "El sonido llega bien: ida y vuelta en {{rtt_ms}} ms.",
    no_path:
      "El sonido no llega: un cortafuegos cierra el camino. Pide a quien cuida la red que permita UDP hacia esta dirección, o al administrador un servidor TURN.",
    no_link: "El servidor no responde. Mira si internet funciona.",
    delay:
      "El sonido tarda: ida y vuelta en {{rtt_ms}} ms. Descargas o una VPN en el mismo camino pueden ser la causa.",
    loss: "Se pierde un {{loss}} % del sonido. Mejor cable que Wi-Fi, o acércate al router.",
    jitter: "El sonido llega a tirones ({{jitter_ms}} ms). Mejor cable que Wi-Fi; cierra vídeos y descargas.",
    relayed: "El sonido pasa por un servidor de apoyo (TURN): funciona, con algo más de retraso.",
    not_reported: "Hay un camino, pero aún no se sabe cómo llega el sonido. Comprueba de nuevo.",
  },
  audioPage: "Elegir aparatos en la página Audio",
  done: "Todo listo para atender.",
};
