import type { DeepText } from "../pt-BR";
import type { measuresPtBR } from "./pt-BR";

export const measuresEs: DeepText<typeof measuresPtBR> = {
  title: "Indicadores",
  span: "Período",
  by: "Agrupar según",
  today: "Hoy",
  lastDays: "{{days}} días",
  groups: {
    day: "Según el día",
    hour: "Según la hora",
    number: "Según el número",
    department: "Según el departamento",
    agent: "Según el agente",
  },
  without: { agent: "Sin agente", department: "Sin departamento" },
  none: "Ninguna llamada en este período.",
  unreachable: "No se pueden calcular los indicadores ahora.",
  csv: "Descargar CSV",
  of: {
    offered: "Recibidas",
    answered: "Atendidas",
    lost: "Perdidas",
    answerRate: "Atendidas",
    serviceLevel: "Nivel de servicio",
    abandonmentRate: "Abandono",
    pickupRate: "Aceptadas, como cuenta Meta",
    meanAnswer: "Espera media",
    meanTalk: "Conversación media",
    placed: "Hechas",
    outAnswered: "Hechas y atendidas",
    outAnswerRate: "Hechas que el cliente atendió",
  },
  hints: {
    serviceLevel: "atendidas en hasta {{seconds}} s",
    pickupRate: "si es muy baja, Meta esconde el botón de llamar",
  },
};
