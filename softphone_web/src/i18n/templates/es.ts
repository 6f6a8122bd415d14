import type { DeepText } from "../pt-BR";
import type { templatesPtBR } from "./pt-BR";

export const templatesEs: DeepText<typeof templatesPtBR> = {
  inside: {
    title: "Dentro de las 24 horas",
    hint: "Hasta 24 horas después del último mensaje o llamada del cliente, el pedido va como mensaje libre: estas palabras y los botones de WhatsApp.",
    text: "Qué dice el pedido (vacío: solo las palabras de WhatsApp)",
  },
  outside: {
    title: "Después de las 24 horas",
    hint: "Después, solo puede pedir una plantilla aprobada por Meta. Elija una por idioma; el cliente recibe la del idioma de su país, y los demás la habitual.",
    works: "A quien no escribe desde hace más de 24 horas se le puede preguntar, con {{name}}.",
    noneChosen:
      "A quien no escribe desde hace más de 24 horas no se le puede preguntar: no se eligió ninguna plantilla.",
    noneSent:
      "A quien no escribe desde hace más de 24 horas no se le puede preguntar: Meta no envía ninguna de las elegidas.",
  },
  none: "La cuenta todavía no tiene una plantilla que pida permiso. Escriba la primera abajo.",
  never: "Meta todavía no respondió.",
  answered: "Meta respondió por última vez: {{when}}.",
  failure: "La última pregunta quedó sin respuesta: {{why}}",
  unreachable: "El servidor no respondió. Inténtelo de nuevo.",
  sync: "Preguntar a Meta ahora",
  use: {
    fine: "aprobada",
    waiting: "en revisión",
    rejected: "rechazada",
    paused: "en pausa",
    disabled: "desactivada",
    gone: "no existe",
    unknown: "no se sabe",
  },
  why: {
    waiting: "Meta todavía revisa esta plantilla: minutos a días. Se usa cuando esté aprobada.",
    rejected: "Meta rechazó esta plantilla y no la envía. Escriba otra, con otro nombre, o apele en WhatsApp Manager.",
    paused:
      "Meta pausó esta plantilla por quejas de clientes: 3 horas la primera vez, 6 la segunda. Después vuelve sola.",
    disabled: "Meta desactivó esta plantilla para siempre. Elija otra.",
    gone: "Meta no tiene esta plantilla en este idioma. Revise el nombre, o escriba una nueva abajo.",
  },
  reason: {
    ABUSIVE_CONTENT: "Motivo: contenido abusivo.",
    INCORRECT_CATEGORY: "Motivo: la categoría no corresponde al texto.",
    INVALID_FORMAT: "Motivo: formato no válido.",
    PROMOTIONAL: "Motivo: el texto es publicitario.",
    SCAM: "Motivo: parece una estafa.",
    TAG_CONTENT_MISMATCH: "Motivo: el texto no está en el idioma indicado.",
  },
  category: { UTILITY: "Utilidades", MARKETING: "Marketing (promoción y ofertas)" },
  metas: "En Meta: {{status}}",
  useFor: "Usar con {{language}}",
  insteadOf: "En lugar de {{name}}.",
  usual: "Habitual",
  makeUsual: "Hacerla la habitual",
  new: {
    title: "Nueva plantilla",
    hint: "El texto va a Meta, que revisa la plantilla. El pedido de permiso lo agregamos nosotros.",
    name: "Nombre",
    nameHint: "Letras minúsculas, dígitos y _: podemos_llamar",
    language: "Idioma",
    languageHint: "Como es, pt_BR o en_US",
    category: "Categoría",
    text: "Texto",
    textHint: "Sin variables: diga quién llama y por qué. Hasta 1.024 letras.",
    send: "Enviar a Meta",
    sent: "Enviada. Meta revisa la plantilla; su estado aparece arriba.",
    refused:
      "Meta no aceptó la plantilla (código {{code}}). ¿Ya existe una con este nombre e idioma? Lo que escribió sigue aquí.",
    failed: "No se envió: el servidor no respondió. Lo que escribió sigue aquí.",
  },
  problem: {
    name: "Solo letras minúsculas, dígitos y _.",
    language: "Un idioma como es o pt_BR.",
    text: "De 1 a 1.024 letras en total.",
    variables: "Sin variables, que son palabras entre llaves: el pedido se envía sin ellas.",
    gone: "Meta no tiene esta plantilla en este idioma.",
    rejected: "Meta rechazó esta plantilla.",
    disabled: "Meta desactivó esta plantilla.",
  },
  changed: { text: "texto libre", templates: "plantillas" },
};
