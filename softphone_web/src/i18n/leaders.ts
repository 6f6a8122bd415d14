/** The texts of supervisors' pages; those import this module. */
import { addTexts } from "./late";
import { measuresEn } from "./measures/en";
import { measuresEs } from "./measures/es";
import { measuresPtBR } from "./measures/pt-BR";
import { searchEn } from "./search/en";
import { searchEs } from "./search/es";
import { searchPtBR } from "./search/pt-BR";

export const LEADERS_TEXTS = {
  "pt-BR": { measures: measuresPtBR, search: searchPtBR },
  en: { measures: measuresEn, search: searchEn },
  es: { measures: measuresEs, search: searchEs },
} as const;

addTexts(LEADERS_TEXTS);
