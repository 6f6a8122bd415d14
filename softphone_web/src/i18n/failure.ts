import type { TFunction } from "i18next";
import { ptBR } from "./pt-BR";

type MetaCode = keyof typeof ptBR.failure.meta;

/** A failure code in a person's words (signaling/errors.py: `<neighbour>.<what>`). */
export function failureText(t: TFunction, code: string): string {
  const [neighbour, what = ""] = code.split(".", 2);
  if (neighbour === "meta" && isKnown(what)) return t(`failure.meta.${what}`);
  if (code === "network.connect_unclear") return t("failure.connectUnclear");
  if (code === "agent.unheard") return t("failure.agentUnheard");
  if (neighbour === "network") return t("failure.network");
  if (neighbour === "media") return t("failure.media");
  if (code === "capacity.inbound_full" || code === "capacity.outbound_full") return t("failure.numberFull");
  if (code === "capacity.initiations_spent") return t("failure.numberSpent");
  if (neighbour === "capacity") return t("failure.serverFull");
  if (code === "number.inbound_disabled") return t("failure.numberClosed");
  if (code === "agent.lost") return t("failure.agentLost");
  if (code === "gateway.restarted") return t("failure.restarted");
  return t("failure.other");
}

function isKnown(code: string): code is MetaCode {
  return Object.hasOwn(ptBR.failure.meta, code);
}
