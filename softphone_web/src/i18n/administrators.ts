/** The texts of administrators' pages; those import this module. */
import { adminEn } from "./admin/en";
import { adminEs } from "./admin/es";
import { adminPtBR } from "./admin/pt-BR";
import { balanceEn } from "./balance/en";
import { balanceEs } from "./balance/es";
import { balancePtBR } from "./balance/pt-BR";
import { hoursEn } from "./hours/en";
import { hoursEs } from "./hours/es";
import { hoursPtBR } from "./hours/pt-BR";
import { addTexts } from "./late";
import { numberEn } from "./number/en";
import { numberEs } from "./number/es";
import { numberPtBR } from "./number/pt-BR";
import { peopleEn } from "./people/en";
import { peopleEs } from "./people/es";
import { peoplePtBR } from "./people/pt-BR";
import { plansEn } from "./plans/en";
import { plansEs } from "./plans/es";
import { plansPtBR } from "./plans/pt-BR";
import { policiesEn } from "./policies/en";
import { policiesEs } from "./policies/es";
import { policiesPtBR } from "./policies/pt-BR";
import { readinessEn } from "./readiness/en";
import { readinessEs } from "./readiness/es";
import { readinessPtBR } from "./readiness/pt-BR";
import { soundsEn } from "./sounds/en";
import { soundsEs } from "./sounds/es";
import { soundsPtBR } from "./sounds/pt-BR";
import { standingEn } from "./standing/en";
import { standingEs } from "./standing/es";
import { standingPtBR } from "./standing/pt-BR";
import { templatesEn } from "./templates/en";
import { templatesEs } from "./templates/es";
import { templatesPtBR } from "./templates/pt-BR";

export const ADMINISTRATORS_TEXTS = {
  "pt-BR": {
    admin: adminPtBR,
    balance: balancePtBR,
    hours: hoursPtBR,
    number: numberPtBR,
    people: peoplePtBR,
    plans: plansPtBR,
    policies: policiesPtBR,
    readiness: readinessPtBR,
    sounds: soundsPtBR,
    standing: standingPtBR,
    templates: templatesPtBR,
  },
  en: {
    admin: adminEn,
    balance: balanceEn,
    hours: hoursEn,
    number: numberEn,
    people: peopleEn,
    plans: plansEn,
    policies: policiesEn,
    readiness: readinessEn,
    sounds: soundsEn,
    standing: standingEn,
    templates: templatesEn,
  },
  es: {
    admin: adminEs,
    balance: balanceEs,
    hours: hoursEs,
    number: numberEs,
    people: peopleEs,
    plans: plansEs,
    policies: policiesEs,
    readiness: readinessEs,
    sounds: soundsEs,
    standing: standingEs,
    templates: templatesEs,
  },
} as const;

addTexts(ADMINISTRATORS_TEXTS);
