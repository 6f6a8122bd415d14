/** The plan that is being written on a page, beside what is saved of it meanwhile. */
import { useEffect, useReducer } from "react";
import { useKeptDraft } from "../admin/draft";
import { begin, type Edit, edit } from "./edit";
import { samePlan } from "./plan";
import type { StoredPlan } from "./plans";

export function useEditing(number: number, stored: StoredPlan) {
  const draft = useKeptDraft<Edit>("plan", number);
  const [now, change] = useReducer(edit, undefined, () =>
    draft.kept === undefined ? begin(stored.plan ?? stored.usual, stored.version) : draft.kept,
  );
  const unsaved = !samePlan(now.plan, now.saved);
  useEffect(() => draft.note(unsaved ? now : undefined));

  // Somebody else has saved, and nothing is lost by following them.
  const theirs = stored.version === now.version ? null : stored;
  useEffect(() => {
    if (theirs === null || unsaved) return;
    const saved = theirs.plan ?? theirs.usual;
    change({ type: "plan_replaced", to: saved });
    change({ type: "version_is", saved, version: theirs.version });
  }, [theirs, unsaved]);

  return {
    now,
    change,
    unsaved,
    theirs: unsaved ? theirs : null,
    /** It was begun before, on another visit. */
    kept: draft.kept !== undefined && unsaved,
    /** Leaving on purpose: nothing is kept. */
    forget: () => draft.note(undefined),
  };
}
