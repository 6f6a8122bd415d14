/** The texts of supervisors' pages; those import this module. */
import { devicesEn } from "./devices/en";
import { devicesEs } from "./devices/es";
import { devicesPtBR } from "./devices/pt-BR";
import { addTexts } from "./late";
import { measuresEn } from "./measures/en";
import { measuresEs } from "./measures/es";
import { measuresPtBR } from "./measures/pt-BR";
import { searchEn } from "./search/en";
import { searchEs } from "./search/es";
import { searchPtBR } from "./search/pt-BR";
import { wallEn } from "./wall/en";
import { wallEs } from "./wall/es";
import { wallPtBR } from "./wall/pt-BR";

export const LEADERS_TEXTS = {
  "pt-BR": { devices: devicesPtBR, measures: measuresPtBR, search: searchPtBR, wall: wallPtBR },
  en: { devices: devicesEn, measures: measuresEn, search: searchEn, wall: wallEn },
  es: { devices: devicesEs, measures: measuresEs, search: searchEs, wall: wallEs },
} as const;

addTexts(LEADERS_TEXTS);
