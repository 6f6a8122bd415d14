import type { Texts } from "../pt-BR";

export const superviseEs: Texts["supervise"] = {
  start: "Escuchar la llamada con {{caller}}",
  title: "Acompañas a {{agent}}",
  waiting: "El cliente espera al próximo agente.",
  with: "Habla con el cliente {{caller}}.",
  now: {
    listen: "Escuchas a los dos. Nadie te oye.",
    whisper: "Solo el agente te oye.",
    barge_in: "El cliente y el agente te oyen.",
  },
  to: { listen: "Solo escuchar", whisper: "Susurrar al agente", barge_in: "Entrar en la conversación" },
  takeOver: "Tomar la llamada",
  leave: "Salir de la llamada",
  seen: {
    listen: "{{name}} está escuchando esta llamada.",
    whisper: "{{name}} te habla. El cliente no lo oye.",
    barge_in: "{{name}} está en la conversación. El cliente también le oye.",
  },
  taken: "{{name}} ha tomado tu llamada.",
};
