import { useEffect } from "react";

/** Shows a part of a page, and reads it out first, when the address names it: `…/settings#number-guard`. `id`: of its
 * heading. Parts come one by one, each when its data are there. */
export function useNamedPart(id: string): void {
  useEffect(() => {
    if (window.location.hash === `#${id}`) goToPart(id);
  }, [id]);
}

export function goToPart(id: string): void {
  const heading = document.getElementById(id);
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "start" });
}
