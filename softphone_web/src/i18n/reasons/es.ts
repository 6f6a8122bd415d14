import type { reasonsPtBR } from "./pt-BR";

export const reasonsEs: typeof reasonsPtBR = {
  disposition: {
    title: "Resultados de las llamadas",
    hint: "Lo que el agente elige después de cada llamada. El historial filtra por ellos y otros sistemas los reciben.",
  },
  pause: {
    title: "Motivos de las pausas",
    hint: "Lo que el agente elige al pausar. El panel en vivo muestra el motivo.",
  },
  word: "Palabra {{n}}",
  up: "Mover hacia arriba: {{word}}",
  remove: "Quitar: {{word}}",
  add: "Agregar",
  usual: "Volver a las palabras de Ramal",
  usualEffect: "La lista vuelve a ser la que trae Ramal, en tres idiomas. Lo que ya se eligió en llamadas queda.",
  saved: "Guardado. Las páginas abiertas lo muestran en cinco minutos como máximo.",
  problem: { missing: "Falta completar.", twice: "Ya está en la lista." },
};
