import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, type RefObject, useEffect, useRef, useState } from "react";
import { type Leaving, useAskBeforeLeaving } from "../shell/leaving";

/** A form of something new or changed. What was typed stays there until it is saved or given up. */
interface Draft<Value, Wrong> {
  draft: Value;
  set: (to: Partial<Value>) => void;
  /** What is wrong with it before anybody is asked; nothing until somebody tried to save it. */
  own: Partial<Wrong>;
  /** Somebody tried to save it. */
  tried: boolean;
  form: RefObject<HTMLFormElement | null>;
  leaving: Leaving;
  save: (event: FormEvent) => void;
}

export function useDraft<Value extends object, Told, Wrong extends object>(
  saved: Value,
  problemsOf: (draft: Value) => Wrong,
  writing: UseMutationResult<Told, Error, Value>,
  onSaved: (told: Told) => void,
): Draft<Value, Wrong> {
  const [draft, setDraft] = useState(saved);
  const [tried, setTried] = useState(false);
  const { form, look } = useFirstWrong();
  const unsaved = JSON.stringify(draft) !== JSON.stringify(saved);
  const leaving = useAskBeforeLeaving(unsaved && !writing.isSuccess, () => {});
  const problems = problemsOf(draft);
  return {
    draft,
    tried,
    own: tried ? problems : {},
    form,
    leaving,
    set(to) {
      setDraft((now) => ({ ...now, ...to }));
      if (writing.isError) writing.reset();
    },
    save(event) {
      event.preventDefault();
      setTried(true);
      if (Object.keys(problems).length > 0) look();
      else writing.mutate(draft, { onSuccess: onSaved, onError: look });
    },
  };
}

/** For a form that was sent and will not do: `look` gives the focus to the first field that is wrong. */
export function useFirstWrong<Part extends HTMLElement = HTMLFormElement>(): {
  form: RefObject<Part | null>;
  look: () => void;
} {
  const form = useRef<Part>(null);
  const [looked, setLooked] = useState(0);
  useEffect(() => {
    if (looked === 0) return;
    form.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-wrong=true] input")?.focus();
  }, [looked]);
  return { form, look: () => setLooked((times) => times + 1) };
}
