/** The texts of the pages about systems beside this one; those import this module. */
import { addTexts } from "./late";
import { systemEn } from "./system/en";
import { systemEs } from "./system/es";
import { systemPtBR } from "./system/pt-BR";

export const SYSTEMS_TEXTS = {
  "pt-BR": { system: systemPtBR },
  en: { system: systemEn },
  es: { system: systemEs },
} as const;

addTexts(SYSTEMS_TEXTS);
