/** The texts of the player of recorded calls, which imports this module. */
import { addTexts } from "./late";
import { replayEn } from "./replay/en";
import { replayEs } from "./replay/es";
import { replayPtBR } from "./replay/pt-BR";

export const REPLAYERS_TEXTS = {
  "pt-BR": { replay: replayPtBR },
  en: { replay: replayEn },
  es: { replay: replayEs },
} as const;

addTexts(REPLAYERS_TEXTS);
