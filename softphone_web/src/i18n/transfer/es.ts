import type { Texts } from "../pt-BR";

export const transferEs: Texts["transfer"] = {
  open: "Transferir",
  search: "Colega o área",
  unreachable: "No se sabe quién está libre.",
  nobody: "Nadie con ese nombre.",
  free: "{{n}} disponibles",
  ask: "Consultar",
  askWho: "Consultar primero a {{name}}",
  now: "Transferir",
  toWho: "Transferir a {{name}}",
  with: "Consultando a {{name}}",
  askedBy: "{{name}} le está consultando",
  ringing: "Suena para su colega; el cliente oye música.",
  customerWaits: "Ustedes se oyen; el cliente oye música.",
  handOver: "Pasar la llamada",
  back: "Terminar la consulta",
  leave: "Salir de la consulta",
  asks: "{{name}} quiere consultarle",
  about: "Sobre la llamada de {{caller}}",
  talk: "Hablar",
  notNow: "Ahora no",
};
