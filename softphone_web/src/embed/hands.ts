/** The agent's own buttons, for the page around the panel. */
import { choiceOf, type PastCall } from "../calls/calls";
import { type Contact, choiceOfContact } from "../contacts/contacts";
import type { DeskStore } from "../desk/store";
import type { Phone } from "../phone/phone";
import { request } from "../session/api";
import type { Hands } from "./bridge";

export function handsOf(phone: Phone, dispatch: DeskStore["dispatch"]): Hands {
  return {
    answer: (call_id) => void phone.answer(call_id),
    decline: (call_id) => void phone.decline(call_id),
    hangUp: (call_id) => void phone.hangUp(call_id),
    async choose(contact_id, number_id) {
      const contact = await asked<Contact>(`/contacts/${contact_id}`);
      const chosen = contact === null ? null : choiceOfContact(contact);
      if (chosen === null) return false;
      dispatch({ type: "callee_chosen", chosen: { ...chosen, number_id: number_id ?? chosen.number_id } });
      return true;
    },
    type: (phone, number_id) => dispatch({ type: "number_typed", typed: { phone, number_id } }),
    async contactOf(call_id) {
      const call = await asked<PastCall>(`/calls/${call_id}`);
      return call === null ? null : (choiceOf(call)?.contact_id ?? null);
    },
  };
}

/** null: the gateway does not say, or not to this agent. */
async function asked<T>(path: string): Promise<T | null> {
  try {
    return (await request("GET", path)) as T;
  } catch {
    return null;
  }
}
