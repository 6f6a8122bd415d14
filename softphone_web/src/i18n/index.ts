import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { browserStorage } from "../storage";
import type { adminPtBR } from "./admin/pt-BR";
import type { balancePtBR } from "./balance/pt-BR";
import type { checkPtBR } from "./check/pt-BR";
import type { devicesPtBR } from "./devices/pt-BR";
import { en } from "./en";
import { es } from "./es";
import type { helpPtBR } from "./help/pt-BR";
import type { historyPtBR } from "./history/pt-BR";
import type { hoursPtBR } from "./hours/pt-BR";
import type { jobsPtBR } from "./jobs/pt-BR";
import { tellAddedTexts } from "./late";
import type { measuresPtBR } from "./measures/pt-BR";
import type { numberPtBR } from "./number/pt-BR";
import type { peoplePtBR } from "./people/pt-BR";
import type { plansPtBR } from "./plans/pt-BR";
import type { policiesPtBR } from "./policies/pt-BR";
import { ptBR } from "./pt-BR";
import type { ratesPtBR } from "./rates/pt-BR";
import type { readinessPtBR } from "./readiness/pt-BR";
import type { reasonsPtBR } from "./reasons/pt-BR";
import type { replayPtBR } from "./replay/pt-BR";
import type { reportsPtBR } from "./reports/pt-BR";
import type { retentionPtBR } from "./retention/pt-BR";
import type { searchPtBR } from "./search/pt-BR";
import type { soundsPtBR } from "./sounds/pt-BR";
import type { standingPtBR } from "./standing/pt-BR";
import type { systemPtBR } from "./system/pt-BR";
import type { templatesPtBR } from "./templates/pt-BR";
import type { wallPtBR } from "./wall/pt-BR";

export const LANGUAGES = { "pt-BR": "Português", en: "English", es: "Español" } as const;
export type Language = keyof typeof LANGUAGES;
const languages = Object.keys(LANGUAGES) as Language[];

const KEY = "ramal.language";

/** What `late` brings. */
interface LateAreas {
  admin: typeof adminPtBR;
  balance: typeof balancePtBR;
  check: typeof checkPtBR;
  help: typeof helpPtBR;
  devices: typeof devicesPtBR;
  history: typeof historyPtBR;
  hours: typeof hoursPtBR;
  measures: typeof measuresPtBR;
  number: typeof numberPtBR;
  people: typeof peoplePtBR;
  plans: typeof plansPtBR;
  policies: typeof policiesPtBR;
  readiness: typeof readinessPtBR;
  replay: typeof replayPtBR;
  search: typeof searchPtBR;
  rates: typeof ratesPtBR;
  reasons: typeof reasonsPtBR;
  jobs: typeof jobsPtBR;
  reports: typeof reportsPtBR;
  retention: typeof retentionPtBR;
  sounds: typeof soundsPtBR;
  standing: typeof standingPtBR;
  templates: typeof templatesPtBR;
  system: typeof systemPtBR;
  wall: typeof wallPtBR;
}

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof ptBR & LateAreas };
  }
}

/** What was chosen before; else the first language of the browser that we speak; else Portuguese. */
export function firstLanguage(stored: string | null, browser: readonly string[]): Language {
  if (stored !== null && isSpoken(stored)) return stored;
  for (const language of browser) {
    const spoken = languages.find((known) => language.toLowerCase().startsWith(known.slice(0, 2)));
    if (spoken !== undefined) return spoken;
  }
  return "pt-BR";
}

function isSpoken(language: string): language is Language {
  return Object.hasOwn(LANGUAGES, language);
}

export function startTranslations(): void {
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  void i18next.use(initReactI18next).init({
    resources: { "pt-BR": { translation: ptBR }, en: { translation: en }, es: { translation: es } },
    lng: firstLanguage(browserStorage().getItem(KEY), navigator.languages),
    fallbackLng: "pt-BR",
    interpolation: { escapeValue: false }, // React escapes
    initAsync: false,
  });
  tellAddedTexts();
}

export function chooseLanguage(language: Language): void {
  browserStorage().setItem(KEY, language);
  void i18next.changeLanguage(language);
}
