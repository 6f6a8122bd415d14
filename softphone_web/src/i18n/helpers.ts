/** The texts of the page of help, which imports this module. */
import { helpEn } from "./help/en";
import { helpEs } from "./help/es";
import { helpPtBR } from "./help/pt-BR";
import { addTexts } from "./late";

export const HELPERS_TEXTS = {
  "pt-BR": { help: helpPtBR },
  en: { help: helpEn },
  es: { help: helpEs },
} as const;

addTexts(HELPERS_TEXTS);
