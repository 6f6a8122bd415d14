/** Números conectados por código QR. */
export const devicesEs = {
  title: "Dispositivos vinculados (código QR)",
  intro:
    "Números cuyo WhatsApp otro sistema usa como dispositivo vinculado. Solo sirven para mensajes: Meta no les ofrece llamadas.",
  noCalls: "Llamadas imposibles",
  none: "Ningún número de este tipo.",
  add: "Añadir a la lista",
  change: "Cambiar",
  remove: "Quitar de la lista",
  label: "Nombre",
  phone: "Teléfono",
  note: "Nota",
  noteHint:
    "Por ejemplo, cuándo se abrió por última vez el teléfono principal: sin eso durante 14 días, WhatsApp deshace el vínculo.",
  save: "Guardar",
  close: "Cerrar sin guardar",
  unreachable: "No se pueden ver estos números ahora.",
  failed: "No se pudo guardar. Inténtelo de nuevo.",
  problem: {
    label_invalid: "Entre 1 y 120 caracteres.",
    phone_invalid: "Escríbalo como +55 11 95555-0101.",
    phone_exists: "Ya está en la lista o es un número de la API oficial.",
    note_invalid: "Como máximo 2.000 caracteres.",
  },
};
