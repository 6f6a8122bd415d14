/** The texts of the pages about systems beside this one; those import this module. */

import { jobsEn } from "./jobs/en";
import { jobsEs } from "./jobs/es";
import { jobsPtBR } from "./jobs/pt-BR";
import { addTexts } from "./late";
import { ratesEn } from "./rates/en";
import { ratesEs } from "./rates/es";
import { ratesPtBR } from "./rates/pt-BR";
import { reasonsEn } from "./reasons/en";
import { reasonsEs } from "./reasons/es";
import { reasonsPtBR } from "./reasons/pt-BR";
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
  "pt-BR": {
    jobs: jobsPtBR,
    rates: ratesPtBR,
    reasons: reasonsPtBR,
    reports: reportsPtBR,
    retention: retentionPtBR,
    system: systemPtBR,
  },
  en: {
    jobs: jobsEn,
    rates: ratesEn,
    reasons: reasonsEn,
    reports: reportsEn,
    retention: retentionEn,
    system: systemEn,
  },
  es: {
    jobs: jobsEs,
    rates: ratesEs,
    reasons: reasonsEs,
    reports: reportsEs,
    retention: retentionEs,
    system: systemEs,
  },
} as const;

addTexts(SYSTEMS_TEXTS);
