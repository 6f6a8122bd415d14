/** How a call is told, in the account's time zone. */
import type { TFunction } from "i18next";
import { failureText } from "../i18n/failure";
import type { HistoryCall } from "./history";

export function callerOf(call: HistoryCall): string {
  return call.customer_name ?? call.customer_label;
}

export function outcomeOf(t: TFunction, call: HistoryCall): string {
  if (call.direction === "outbound" && call.outcome === "missed") return t("calls.unanswered");
  return t(`calls.outcome.${call.outcome ?? "open"}`);
}

export function whyOf(t: TFunction, call: HistoryCall): string | null {
  return call.reason === null || call.outcome === "answered" ? null : failureText(t, call.reason);
}

/** The day, with its year where it is not this one, and the time. */
export function whenOf(moment: string, zone: string, language: string, now: Date): { day: string; time: string } {
  const at = new Date(moment);
  const told = (form: Intl.DateTimeFormatOptions, of = at): string =>
    new Intl.DateTimeFormat(language, { ...form, timeZone: zone }).format(of);
  const isThisYear = told({ year: "numeric" }) === told({ year: "numeric" }, now);
  return {
    day: told({ day: "2-digit", month: "short", ...(isThisYear ? {} : { year: "numeric" }) }),
    time: told({ hour: "2-digit", minute: "2-digit" }),
  };
}

export function clockOf(moment: string, zone: string, language: string): string {
  const form = { dateStyle: "short", timeStyle: "medium", timeZone: zone } as const;
  return new Intl.DateTimeFormat(language, form).format(new Date(moment));
}

/** `Horário de Brasília (GMT-3)`: what people call the zone, and how far it is from UTC now. */
export function zoneName(zone: string, language: string, now: Date): string {
  const named = (timeZoneName: "longGeneric" | "shortOffset"): string =>
    new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName })
      .formatToParts(now)
      .find(({ type }) => type === "timeZoneName")?.value ?? zone;
  return `${named("longGeneric")} (${named("shortOffset")})`;
}
