/** Texts of pages that few people open are loaded with those pages, so that everybody's phone is there sooner. */
import i18next from "i18next";

export type LateTexts = Readonly<Record<"pt-BR" | "en" | "es", object>>;

const added: LateTexts[] = [];

/** Called where a module with such texts is loaded. */
export function addTexts(texts: LateTexts): void {
  added.push(texts);
  if (i18next.isInitialized) tell(texts);
}

/** What was loaded before the translations were started. */
export function tellAddedTexts(): void {
  for (const texts of added) tell(texts);
}

function tell(texts: LateTexts): void {
  for (const [language, areas] of Object.entries(texts)) {
    i18next.addResourceBundle(language, "translation", areas, true, true);
  }
}
