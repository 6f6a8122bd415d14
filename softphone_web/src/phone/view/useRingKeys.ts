import { useEffect } from "react";
import type { AskedNow, RingingCall } from "../../contract/messages";
import { usePhone } from "../../desk/DeskProvider";

/** No browser and no screen reader gives F8 a meaning on a page, and no text field swallows it. */
export const ANSWER_KEY = "F8";
export const DECLINE_KEYS = "Shift+F8";

/** F8 answers the call that rings longest, or the colleague who asks, wherever the focus is; with Shift it declines. */
export function useRingKeys(ringing: readonly RingingCall[], asked: AskedNow | null): void {
  const phone = usePhone();
  const call_id = ringing[0]?.call_id;
  const asked_id = asked?.call_id;
  useEffect(() => {
    if (call_id === undefined && asked_id === undefined) return;
    function pressed(event: KeyboardEvent): void {
      if (event.key !== ANSWER_KEY || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      if (event.repeat) return;
      if (call_id !== undefined) void (event.shiftKey ? phone.decline(call_id) : phone.answer(call_id));
      else if (asked_id !== undefined)
        void (event.shiftKey ? phone.leaveConsult(asked_id) : phone.answerConsult(asked_id));
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [call_id, asked_id, phone]);
}

const TEXT_INPUTS =
  "input:not([type=checkbox],[type=radio],[type=button],[type=submit],[type=range]), textarea, select";

/** Whether the focus is where somebody writes or chooses; it must not be taken away from there. */
export function isTyping(element: Element | null): boolean {
  if (element === null) return false;
  return element.matches(TEXT_INPUTS) || (element instanceof HTMLElement && element.isContentEditable);
}
