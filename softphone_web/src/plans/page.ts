/** What every part of the plan page needs, and none of them changes. */
import { createContext, useContext, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { AllSounds } from "../sounds/sounds";
import type { Names, Words } from "./words";

interface PlanPageThings {
  names: Names;
  sounds: AllSounds;
}

export const PlanPageContext = createContext<PlanPageThings | null>(null);

export function usePage(): PlanPageThings {
  const things = useContext(PlanPageContext);
  if (things === null) throw new Error("outside of the plan page");
  return things;
}

export function useWords(): Words {
  const { t, i18n } = useTranslation();
  const { names } = usePage();
  return useMemo(() => ({ t, language: i18n.language, names }), [t, i18n.language, names]);
}
