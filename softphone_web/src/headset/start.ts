/** Headsets of a signed-in page: wired to the browser, where it knows WebHID (Chrome and Edge). */
import type { DeskStore } from "../desk/store";
import type { Phone } from "../phone/phone";
import { Headsets } from "./headsets";

let current: Headsets | null = null;

/** Returns how to end it. */
export function startHeadsets(store: DeskStore, phone: Phone): () => void {
  // Headsets are chosen on the audio page, which no frame shows; asking in one would only write into its console.
  if (!("hid" in navigator) || window.parent !== window) return () => undefined;
  const mine = new Headsets(navigator.hid, store, phone);
  current = mine;
  // An operator may have forbidden it to all pages.
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
