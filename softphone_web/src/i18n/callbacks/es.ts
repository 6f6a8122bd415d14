import type { Texts } from "../pt-BR";

export const callbacksEs: Texts["callbacks"] = {
  title: "Devolver llamadas",
  none: "Quien llame en vano, se canse de esperar o deje un mensaje aparece aquí hasta que alguien del equipo hable con esa persona.",
  unreachable: "Ahora no se pudo cargar la lista.",
  reason: {
    missed: "Nadie contestó",
    abandoned: "Esperó en la cola y desistió",
    promised: "Pidió que le llamáramos",
    interrupted: "La conversación se cortó",
    failed: "La llamada falló antes de ser atendida",
  },
  times: "{{n}} veces, desde {{first}} hasta {{last}}",
  message: "Mensaje de voz, de {{length}}",
  mine: "La tiene usted",
  takenBy: "La tiene {{name}}",
  tooLate: "{{name}} se adelantó.",
  failed: "No funcionó. Pruebe otra vez.",
  call: "Llamar",
  giveBack: "Devolver a la lista",
  done: "Ya está resuelto",
  dismiss: "No hace falta llamar",
};
