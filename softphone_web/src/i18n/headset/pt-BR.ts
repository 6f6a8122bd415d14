/** Buttons of headsets, by WebHID. */
export const headsetPtBR = {
  title: "Botões do headset",
  why: "Atender, desligar e silenciar pelo próprio headset, e a luz dele segue a chamada. O navegador pergunta uma vez qual é.",
  none: "Nenhum headset escolhido.",
  used: "Em uso: {{names}}.",
  unsupported: "Este navegador não usa botões de headset. Chrome e Edge usam.",
  failed: "O headset não abriu. Feche o programa do fabricante e tente de novo.",
  choose: "Escolher headset",
};
