import type { Texts } from "../pt-BR";

export const notifyEs: Texts["notify"] = {
  title: "Notificaciones",
  ring: "Llamada de {{caller}}",
  why: "Cuando suena una llamada y Ramal está oculto, el sistema avisa, con botones para contestar y rechazar.",
  turnOn: "Activar notificaciones",
  turnOff: "Desactivar notificaciones",
  state: {
    unsupported: "Este navegador no muestra notificaciones en esta página.",
    denied: "El navegador bloqueó las notificaciones. Haga clic en el icono junto a la dirección y permítalas.",
    off: "Las notificaciones están desactivadas en este equipo.",
    on: "Las notificaciones están activadas mientras la página está abierta.",
    woken: "Las notificaciones están activadas, aunque el navegador duerma la página.",
  },
};
