/** The texts of the history, which imports this module. */
import { historyEn } from "./history/en";
import { historyEs } from "./history/es";
import { historyPtBR } from "./history/pt-BR";
import { addTexts } from "./late";

export const HISTORIANS_TEXTS = {
  "pt-BR": { history: historyPtBR },
  en: { history: historyEn },
  es: { history: historyEs },
} as const;

addTexts(HISTORIANS_TEXTS);
