/** Stable words of the gateway's, in a person's words. */
import type { TFunction } from "i18next";
import { failureText } from "../i18n/failure";
import { numberPtBR } from "../i18n/number/pt-BR";
import type { Finding } from "./settings";

export function problemText(t: TFunction, code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  const known = knownIn(numberPtBR.problem, code);
  if (known !== null) return t(`number.problem.${known}`, { code });
  const why = knownIn(numberPtBR.why, code);
  return why === null ? t("number.problem.other", { code }) : t(`number.why.${why}`);
}

/** Why Meta did not take a setting. */
export function refusalText(t: TFunction, failure: string): string {
  const code = knownIn(numberPtBR.refusal, failure.replace(/^meta\./, ""));
  return code === null ? failureText(t, failure) : t(`number.refusal.${code}`);
}

/** A setting's value: `on`, `hidden`, `BR PT`. */
export function valueText(t: TFunction, value: string, language: string): string {
  const known = knownIn(numberPtBR.atMeta.value, value);
  if (known !== null) return t(`number.atMeta.value.${known}`);
  const names = value.split(" ").map((code) => countryName(code, language));
  return names.join(", ");
}

export function findingTitle(t: TFunction, { code }: Finding): string {
  const known = knownIn(numberPtBR.finding, code);
  return known === null ? code : t(`number.finding.${known}`);
}

/** What was found; null where nothing is wrong. */
export function findingText(t: TFunction, { code, state, why }: Finding): string | null {
  if (state === "fine") return null;
  const known = knownIn(numberPtBR.why, why === null ? code : `${code}_${why}`);
  return known === null ? null : t(`number.why.${known}`);
}

/** A warning or a restriction of Meta's; one that nobody knows is shown as Meta spells it. */
export function kindText(t: TFunction, kind: string): string {
  const known = knownIn(numberPtBR.kind, kind);
  return known === null ? kind : t(`number.kind.${known}`);
}

export function countryName(code: string, language: string): string {
  try {
    return new Intl.DisplayNames([language], { type: "region", fallback: "code" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** A key of the texts; null for one that these pages do not know, such as a newer gateway's. */
export function knownIn<Texts extends object>(texts: Texts, key: string): keyof Texts | null {
  return Object.hasOwn(texts, key) ? (key as keyof Texts) : null;
}
