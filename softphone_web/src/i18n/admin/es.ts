import type { DeepText } from "../pt-BR";
import type { adminPtBR } from "./pt-BR";

export const adminEs: DeepText<typeof adminPtBR> = {
  number: "Número",
  pages: "Páginas del número",
  toNumbers: "Todos los números",
  unknownNumber: "Este número ya no existe.",
  unreachable: "No se pudo cargar esta página. Lo que está guardado sigue valiendo para las llamadas.",
  noNetwork: "Este ordenador no tiene red. La página aparece cuando vuelva la conexión.",
  grant: {
    title: "Le falta el rol de administrador",
    body: "Solo los administradores cambian planes, horarios y sonidos de los números. Pida a uno que haga el cambio o que le dé ese rol.",
  },
  save: "Guardar",
  saving: "Guardando…",
  saved: "Guardado. Vale para las próximas llamadas.",
  nothingChanged: "Todo guardado.",
  unsaved: "Aún sin guardar:",
  undo: "Deshacer",
  redo: "Rehacer",
  keptFromBefore: "Estos cambios son de antes de que saliera de la página y aún no se guardaron.",
  problems: "Hay problemas marcados arriba: resuélvalos para guardar.",
  saveFailed: "No se guardó: el servidor no respondió. Lo que hizo sigue aquí; intente de nuevo.",
  saveRefused: "No se guardó: hay problemas marcados arriba. Lo que hizo sigue aquí.",
  saveRefusedOther: "No se guardó: el servidor lo rechazó ({{code}}). Lo que hizo sigue aquí.",
  leaving: {
    title: "Hay cambios sin guardar.",
    leave: "Salir sin guardar",
    stay: "Quedarse aquí",
  },
  meanwhile: {
    title: "{{name}} guardó otra versión a las {{time}}.",
    titleUnknown: "Se guardó otra versión a las {{time}}.",
    body: "Lo que hizo sigue aquí y aún no está guardado. Vea qué cambió antes de decidir.",
    differs: "La versión guardada difiere en: {{what}}",
    theirs: "Ver la versión guardada (la suya vuelve con Deshacer)",
    mine: "Guardar la mía encima",
  },
};
