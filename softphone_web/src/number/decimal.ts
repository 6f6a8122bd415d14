/** Exact decimals as text: never a number of the browser's, which would round them. Pure. */

const AMOUNT = /^-?[0-9]{1,15}(\.[0-9]{1,12})?$/;

/** The sign between units and cents as this language writes it. */
export function decimalSign(language: string): string {
  return new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === "decimal")?.value ?? ".";
}

/** What somebody typed, as the gateway takes it; null where it is no exact decimal of this language. Signs between
 * thousands are refused, for they are another language's decimal sign. */
export function readAmount(typed: string, language: string): string | null {
  const sign = decimalSign(language);
  const text = typed.trim().replace(/^−/, "-");
  if (sign !== "." && text.includes(".")) return null;
  const amount = text.replace(sign, ".");
  return AMOUNT.test(amount) ? amount : null;
}

/** Digit by digit, with this language's sign. */
export function writeAmount(amount: string, language: string): string {
  return amount.replace(".", decimalSign(language));
}

/** Whether `a` is less than `b`, both as the gateway has them. */
export function isLess(a: string, b: string): boolean {
  const [decimalsA, decimalsB] = [a, b].map((each) => (each.split(".")[1] ?? "").length) as [number, number];
  const places = Math.max(decimalsA, decimalsB);
  const whole = (each: string, decimals: number) => BigInt(each.replace(".", "") + "0".repeat(places - decimals));
  return whole(a, decimalsA) < whole(b, decimalsB);
}
