/** Where this browser remembers things for us. A browser that refuses other sites' cookies denies our panel in a frame
 * its storage, too (the mere mention throws): then they are remembered until the frame goes. */
export type Remembers = Pick<Storage, "getItem" | "setItem">;

class UntilWeGo implements Remembers {
  private readonly items = new Map<string, string>();

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
}

const forgetful = { localStorage: new UntilWeGo(), sessionStorage: new UntilWeGo() };

function storage(kind: keyof typeof forgetful): Remembers {
  try {
    return window[kind];
  } catch {
    return forgetful[kind];
  }
}

/** For this browser, until somebody clears it. */
export const browserStorage = (): Remembers => storage("localStorage");

/** For this tab: survives its reload. */
export const tabStorage = (): Remembers => storage("sessionStorage");
