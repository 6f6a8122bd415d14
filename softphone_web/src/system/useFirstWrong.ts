import { type RefObject, useEffect, useRef, useState } from "react";

/** For a form that was sent and will not do: `look` gives the focus to the first field that is wrong. */
export function useFirstWrong(): { form: RefObject<HTMLFormElement | null>; look: () => void } {
  const form = useRef<HTMLFormElement>(null);
  const [looked, setLooked] = useState(0);
  useEffect(() => {
    if (looked === 0) return;
    form.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-wrong=true] input")?.focus();
  }, [looked]);
  return { form, look: () => setLooked((times) => times + 1) };
}
