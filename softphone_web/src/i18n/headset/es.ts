import type { Texts } from "../pt-BR";

export const headsetEs: Texts["headset"] = {
  title: "Botones de los auriculares",
  why: "Atender, colgar y silenciar desde los propios auriculares, cuya luz sigue la llamada. El navegador pregunta una vez cuáles son.",
  none: "Ningunos auriculares elegidos.",
  used: "En uso: {{names}}.",
  unsupported: "Este navegador no usa botones de auriculares. Chrome y Edge sí.",
  failed: "Los auriculares no se abrieron. Cierra el programa del fabricante e inténtalo de nuevo.",
  choose: "Elegir auriculares",
};
