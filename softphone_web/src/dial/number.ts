/** A customer's phone number as an agent types it. Pure. The gateway reads it again (`signaling/typed_number.py`). */
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/min";

export type NumberProblem = "too_short" | "too_long" | "not_a_number";

/** `phone`: digits with country code. `shown`: as it is written where it belongs. `country`: two letters, if known. */
export type TypedNumber =
  | { kind: "empty" }
  | { kind: "problem"; problem: NumberProblem }
  | { kind: "number"; phone: string; shown: string; country: string | null };

const FEWEST_DIGITS = 7;

/** `own_country`: that of the number we call from; a number without `+` is read as it is dialled there. */
export function readNumber(text: string, own_country: string | null): TypedNumber {
  const typed = text.trim();
  if (typed === "") return { kind: "empty" };
  if (/[^\d\s()+./-]/.test(typed)) return { kind: "problem", problem: "not_a_number" };
  const digits = typed.replace(/\D/g, "");
  if (digits.length < FEWEST_DIGITS) return { kind: "problem", problem: "too_short" };
  const country = own_country !== null && isSupportedCountry(own_country) ? own_country : undefined;
  const read = parsePhoneNumberFromString(withPlus(typed, country), country);
  // Possible is enough: plans change, and Meta's test numbers are in none.
  if (read === undefined || !read.isPossible()) {
    return { kind: "problem", problem: digits.length > 13 ? "too_long" : "not_a_number" };
  }
  return {
    kind: "number",
    phone: read.number.slice(1),
    shown: read.formatInternational(),
    country: read.country ?? null,
  };
}

/** `00` in front is dialled for `+`; without a country of our own, digits begin with a country code. */
function withPlus(typed: string, country: CountryCode | undefined): string {
  if (typed.startsWith("+")) return typed;
  if (/^[\s(]*00/.test(typed)) return `+${typed.replace(/\D/g, "").slice(2)}`;
  return country === undefined ? `+${typed}` : typed;
}
