/** The texts of the check of a computer, whose page imports this module. */
import { checkEn } from "./check/en";
import { checkEs } from "./check/es";
import { checkPtBR } from "./check/pt-BR";
import { addTexts } from "./late";

export const CHECKERS_TEXTS = {
  "pt-BR": { check: checkPtBR },
  en: { check: checkEn },
  es: { check: checkEs },
} as const;

addTexts(CHECKERS_TEXTS);
