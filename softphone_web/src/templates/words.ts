/** Meta's words about templates, in a person's words. */
import type { TFunction } from "i18next";
import { templatesPtBR } from "../i18n/templates/pt-BR";
import { knownIn } from "../number/words";

/** `pt_BR` → português (Brasil). */
export function languageName(code: string, reader: string): string {
  try {
    return new Intl.DisplayNames([reader], { type: "language" }).of(code.replace("_", "-")) ?? code;
  } catch {
    return code;
  }
}

export function categoryText(t: TFunction, category: string): string {
  const known = knownIn(templatesPtBR.category, category);
  return known === null ? category : t(`templates.category.${known}`);
}

/** Why Meta rejected one; null for a word that nobody knows, which stands in small print. */
export function reasonText(t: TFunction, reason: string): string | null {
  const known = knownIn(templatesPtBR.reason, reason);
  return known === null ? null : t(`templates.reason.${known}`);
}

export function problemText(t: TFunction, code: string): string {
  const known = knownIn(templatesPtBR.problem, code);
  return known === null ? t("number.problem.other", { code }) : t(`templates.problem.${known}`);
}
