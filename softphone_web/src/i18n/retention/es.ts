/** Lo que se guarda de las llamadas, hasta cuándo, y lo que alguien borra a mano. */
export const retentionEs = {
  shelves: "Cuánto se borrará y cuándo",
  policy:
    "La fecha de cada elemento se fija al terminar su llamada, según la regla de ese momento. Cambiar la regla no cambia lo que ya está guardado.",
  nothing: "Para cada número aparece aquí qué se guarda de él y por cuánto tiempo.",
  columns: {
    place: "Número y departamento",
    thing: "Qué",
    kept: "Guardados",
    day: "En 24 h",
    week: "En 7 días",
    month: "En 30 días",
    held: "Retenidos",
    for_good: "Para siempre",
  },
  things: { recording: "Grabación", message: "Mensaje de voz", meta: "Grabación de Meta" },
  many: { recordings: "Grabaciones", messages: "Mensajes de voz" },
  kept: "Se guarda {{days}}",
  noDepartment: "sin departamento",
  forEver: "para siempre",
  days: "{{n}} días",
  bothDays: "recibidas: {{inbound}} · hechas: {{outbound}}",
  change: "Cambiar la regla de {{name}}",
  next: "Lo que se borrará a continuación",
  nextHint:
    "Se borra solo, lo próximo primero; cada vez queda en la auditoría. Lo retenido por orden legal queda hasta que alguien lo libere.",
  nextNone:
    "Cuando una grabación o un mensaje tenga fecha de borrado, o esté retenido, aparece aquí antes de desaparecer.",
  more: "Solo se muestran los primeros {{n}}.",
  due: "Se borrará {{when}}",
  overdue: "Se borrará en minutos",
  never: "No se borrará solo",
  held: "Retenido por orden legal",
  heldWithRecording: "Retenido con la grabación de la llamada",
  call: "Abrir la llamada",
  hold: "Retener",
  holdOf: "Retener por orden legal: nada lo borra hasta que alguien lo libere",
  letGo: "Liberar",
  letGoOf: "Liberar de la orden legal: se borrará cuando acabe su plazo",
  erase: "Borrar",
  eraseOf: { recording: "Borrar la grabación", message: "Borrar el mensaje de voz" },
  sure: {
    recording:
      "La grabación, la transcripción y el resumen se borrarán para siempre. En la llamada queda que hubo una, y en la auditoría quién la borró.",
    message:
      "El mensaje se borrará para siempre; nadie podrá oírlo más. Queda que hubo uno, y en la auditoría quién lo borró.",
  },
  yes: "Borrar para siempre",
  onHold: "No se borró: está retenido por orden legal. Libérelo antes, en Sistema, Retención.",
  inCall: "No se borró: la llamada sigue en curso.",
  forget: {
    button: "Olvidar a este cliente",
    sure: "El nombre, los números, las grabaciones, los mensajes, las transcripciones, los resúmenes y las notas de {{name}} se borrarán para siempre, en todas partes. Las llamadas siguen contadas, y nadie podrá decir de quién eran. No se puede deshacer.",
    yes: "Olvidar para siempre",
    onHold:
      "No se olvidó: una grabación o un mensaje está retenido por orden legal. Libérelo antes, en Sistema, Retención.",
    inCall: "No se olvidó: está en una llamada. Inténtelo de nuevo cuando termine.",
  },
};
