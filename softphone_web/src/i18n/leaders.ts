/** The texts of supervisors' pages; those import this module. */
import { addTexts } from "./late";
import { measuresEn } from "./measures/en";
import { measuresEs } from "./measures/es";
import { measuresPtBR } from "./measures/pt-BR";

export const LEADERS_TEXTS = {
  "pt-BR": { measures: measuresPtBR },
  en: { measures: measuresEn },
  es: { measures: measuresEs },
} as const;

addTexts(LEADERS_TEXTS);
