import type { Texts } from "../pt-BR";

export const numbersEs: Texts["numbers"] = {
  title: "Números",
  page: {
    settings: "Ajustes",
    readiness: "Qué falta",
    plan: "Plan de atención",
    hours: "Horarios",
    templates: "Pedidos de permiso",
    recording: "Grabación",
    sounds: "Sonidos",
  },
  add: "Añadir número",
  disabled: "Desactivado",
  none: "Aquí aparece cada número de WhatsApp de sus departamentos, con cuántas llamadas tiene ahora y cuántas permite Meta.",
  noDepartment: "Sin departamento",
  unreachable: "Ahora no se conoce la carga.",
  old: "Sin noticias nuevas; lo que está aquí es de antes.",
  standingUnreachable: "No se pudo saber cómo están los números en Meta. Las llamadas siguen con normalidad.",
  process: "El servidor",
  processHint: "Lo que esta máquina puede llevar y lleva ahora.",
  figures: "{{used}} / {{limit}}",
  unlimited: "{{used}}, sin límite",
  of: {
    inbound: "Llamadas recibidas ahora",
    outbound: "Llamadas hechas ahora",
    initiations: "Llamadas iniciadas en 24 horas",
    calls: "Llamadas",
    ports: "Puertos UDP",
    descriptors: "Descriptores de archivo",
    cpu: "Procesador",
  },
  strain: {
    tight: "Cerca del límite.",
    full: "En el límite: la próxima se rechaza.",
  },
};
