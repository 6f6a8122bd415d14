import { type Remembers, tabStorage } from "../storage";

const KEY = "ramal.tab";
const RELOAD_GRACE_MS = 300;

/**
 * Names this tab to the gateway. The name survives a reload; a duplicated tab, which copies sessionStorage, gets its
 * own: a name is held by a lock for as long as its page lives, and a reloaded page lets go of it within moments.
 */
export async function claimTabId(storage: Remembers = tabStorage(), locks = navigator.locks): Promise<string> {
  const known = storage.getItem(KEY);
  if (known !== null && (await hold(known, locks))) return known;
  const fresh = randomId();
  storage.setItem(KEY, fresh);
  await hold(fresh, locks);
  return fresh;
}

/** Whether the lock is ours now; it is kept until the page goes. Without locks (plain HTTP) everyone is believed. */
function hold(id: string, locks: LockManager | undefined): Promise<boolean> {
  if (locks === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(RELOAD_GRACE_MS);
    locks
      .request(`${KEY}.${id}`, { signal }, () => {
        resolve(true);
        return new Promise(() => undefined);
      })
      .catch(() => resolve(false));
  });
}

/** `crypto.randomUUID` exists on secure pages only; the sign-in page must load on the others to say so. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
