/** Headsets of a signed-in page: wired to the browser, where it knows WebHID (Chrome and Edge). */
import type { DeskStore } from "../desk/store";
import type { Phone } from "../phone/phone";
import { Headsets } from "./headsets";

let current: Headsets | null = null;

/** Returns how to end it. */
export function startHeadsets(store: DeskStore, phone: Phone): () => void {
  if (!("hid" in navigator)) return () => undefined;
  const mine = new Headsets(navigator.hid, store, phone);
  current = mine;
  // Where the page is in a frame that may not use headsets, nothing is there to be used.
  void mine.start().catch(() => undefined);
  return () => {
    mine.stop();
    if (current === mine) current = null;
  };
}

/** null: this browser has no buttons to offer. */
export function headsets(): Headsets | null {
  return current;
}
