/** Pages that hold something unsaved are asked before the navigation leads away from them. */
import { useEffect, useRef, useState } from "react";
import type { AroundNavHandler } from "wouter";

let ask: ((leave: () => void) => void) | null = null;

/** For the router: every link and redirection comes by here. Back and forth of the browser do not. */
export const aroundNav: AroundNavHandler = (navigate, to, options) => {
  if (ask === null) navigate(to, options);
  else ask(() => navigate(to, options));
};

export interface Leaving {
  /** null: nobody wants to leave. */
  leave: (() => void) | null;
  stay: () => void;
}

/** While `unsaved`, leaving waits until `leave` is called, and `onLeave` is told; closing the tab is asked by the browser
 * itself. */
export function useAskBeforeLeaving(unsaved: boolean, onLeave: () => void): Leaving {
  const [leave, setLeave] = useState<(() => void) | null>(null);
  const told = useRef(onLeave);
  told.current = onLeave;
  useEffect(() => {
    if (!unsaved) return;
    const mine = (wanted: () => void) =>
      setLeave(() => () => {
        ask = null;
        told.current();
        wanted();
      });
    const closing = (event: BeforeUnloadEvent) => event.preventDefault();
    ask = mine;
    window.addEventListener("beforeunload", closing);
    return () => {
      if (ask === mine) ask = null;
      window.removeEventListener("beforeunload", closing);
    };
  }, [unsaved]);
  return { leave: unsaved ? leave : null, stay: () => setLeave(null) };
}
