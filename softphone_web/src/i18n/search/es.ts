import type { DeepText } from "../pt-BR";
import type { searchPtBR } from "./pt-BR";

export const searchEs: DeepText<typeof searchPtBR> = {
  title: "Buscar en las conversaciones",
  words: "Palabras dichas en la llamada",
  placeholder: "por ejemplo: factura vencida",
  go: "Buscar",
  noWord: "Escriba al menos una palabra.",
  how: "Todas las palabras, en cualquier orden; no cuentan acentos ni mayúsculas, y la última puede estar incompleta.",
  audited: "Queda anotado que usted buscó, pero no qué buscó.",
  reach: {
    every: "Se busca en todas las llamadas.",
    departments: "Se busca en las llamadas de: {{names}}.",
    own: "Se busca en las llamadas que usted atendió o hizo.",
    ownAnd: "Se busca en sus llamadas y en las de: {{names}}.",
    unreachable: "No se pudo saber en qué llamadas puede buscar.",
  },
  noGrant: {
    title: "Ningún departamento le deja escuchar grabaciones",
    body: "Solo se busca en lo que se puede escuchar. Un administrador lo permite en Personas, con «Oír grabaciones».",
  },
  noEngine: {
    title: "Las conversaciones no se transcriben en este servidor",
    body: "Quien administra el servidor activa las transcripciones con RAMAL_TRANSCRIPTION. Desde entonces cada llamada grabada se encuentra por lo que se dijo.",
    before: "Las transcripciones están desactivadas: solo se encuentran llamadas transcritas antes.",
  },
  nothingYet: {
    title: "Todavía no hay conversaciones transcritas",
    body: "Cuando termine la próxima llamada grabada, se transcribe sola y se puede encontrar aquí.",
  },
  start: {
    title: "Encuentre una llamada por lo que se dijo",
    body: "Escriba palabras del cliente o del agente. El resultado abre la grabación en el segundo en que se dijeron.",
  },
  loading: "Se está buscando…",
  offline: "Sin conexión. La búsqueda se hace en cuanto vuelva.",
  unreachable: "La búsqueda no se hizo: el servidor no respondió.",
  limited: "Demasiadas búsquedas en poco tiempo. Espere un minuto e inténtelo de nuevo.",
  none: {
    title: "Nadie dijo eso",
    body: "Ninguna llamada tiene todas estas palabras: {{words}}. Pruebe con menos, o solo con el principio de la última.",
  },
  found_one: "{{count}} llamada, la más nueva primero",
  found_other: "{{count}} llamadas, las más nuevas primero",
  foundMore: "Más nuevas primero: {{count}} por ahora, hay otras",
  more: "Mostrar más",
  moreFailed: "Las siguientes no llegaron.",
  openAt: "Abrir la grabación en {{at}}",
  moreLines_one: "y en {{count}} frase más",
  moreLines_other: "y en {{count}} frases más",
  customer: "Cliente",
  agent: "Agente",
  noAgent: "sin agente",
  talked: "{{length}} de conversación",
  inbound: "Recibida",
  outbound: "Hecha",
};
