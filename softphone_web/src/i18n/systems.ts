/** The texts of the pages about systems beside this one; those import this module. */
import { addTexts } from "./late";
import { reportsEn } from "./reports/en";
import { reportsEs } from "./reports/es";
import { reportsPtBR } from "./reports/pt-BR";
import { retentionEn } from "./retention/en";
import { retentionEs } from "./retention/es";
import { retentionPtBR } from "./retention/pt-BR";
import { systemEn } from "./system/en";
import { systemEs } from "./system/es";
import { systemPtBR } from "./system/pt-BR";

export const SYSTEMS_TEXTS = {
  "pt-BR": { reports: reportsPtBR, retention: retentionPtBR, system: systemPtBR },
  en: { reports: reportsEn, retention: retentionEn, system: systemEn },
  es: { reports: reportsEs, retention: retentionEs, system: systemEs },
} as const;

addTexts(SYSTEMS_TEXTS);
