import type { CallParty } from "../../contract/messages";

export function callerName(party: CallParty): string {
  return party.name ?? party.label;
}
