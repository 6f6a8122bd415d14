import type { Texts } from "../pt-BR";

export const recordingEs: Texts["recording"] = {
  light: {
    off: "Sin grabar",
    on: "Grabando",
    paused: "Grabación en pausa",
    failed: "Grabación interrumpida",
    asking: "Pidiendo consentimiento",
    refused: "Grabación rechazada",
  },
  start: "Grabar",
  stop: "Dejar de grabar",
  holdBack: "Pausar para tarjeta",
  goOn: "Volver a grabar",
  asking: "El cliente está oyendo el aviso de grabación. Se oirán enseguida.",
  heldBack: "No se guarda nada hasta que vuelva a grabar.",
  failed: {
    disk_full: "El disco del servidor está lleno. La llamada sigue sin grabación; avise al administrador.",
    other: "El servidor ya no puede grabar. La llamada sigue sin grabación; avise al administrador.",
  },
  column: "Grabación",
  open: "Grabación: {{state}}. Abrir la grabación",
  close: "Cerrar la grabación",
  state: {
    none: "Sin grabación",
    meta: "Grabada por Meta",
    recording: "Grabando ahora",
    finishing: "Preparando el audio",
    recorded: "Grabada",
    partial: "Grabada en parte",
    failed: "La grabación falló",
    refused: "Grabación rechazada",
    deleted: "Grabación borrada",
  },
};
