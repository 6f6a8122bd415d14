/** The plan that is being written on a page, kept when the page is left by the browser's own buttons. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useRef } from "react";
import { begin, type Edit, edit } from "./edit";
import { samePlan } from "./plan";
import type { StoredPlan } from "./plans";

const DRAFTS = "plan-draft";

export function useEditing(number: number, stored: StoredPlan) {
  const queries = useQueryClient();
  const [kept] = useReducer(
    (same: Edit | undefined) => same,
    undefined,
    () => queries.getQueryData<Edit>([DRAFTS, number]),
  );
  const [now, change] = useReducer(edit, undefined, () => kept ?? begin(stored.plan ?? stored.usual, stored.version));
  const unsaved = !samePlan(now.plan, now.saved);

  // Somebody else has saved, and nothing is lost by following them.
  const theirs = stored.version === now.version ? null : stored;
  useEffect(() => {
    if (theirs === null || unsaved) return;
    const saved = theirs.plan ?? theirs.usual;
    change({ type: "plan_replaced", to: saved });
    change({ type: "version_is", saved, version: theirs.version });
  }, [theirs, unsaved]);

  const last = useRef(now);
  last.current = now;
  useEffect(() => {
    queries.setQueryDefaults([DRAFTS], { gcTime: Number.POSITIVE_INFINITY });
    return () => {
      const draft = samePlan(last.current.plan, last.current.saved) ? undefined : last.current;
      if (draft === undefined) queries.removeQueries({ queryKey: [DRAFTS, number] });
      else queries.setQueryData([DRAFTS, number], draft);
    };
  }, [queries, number]);

  return {
    now,
    change,
    unsaved,
    theirs: unsaved ? theirs : null,
    /** It was begun before, on another visit. */
    kept: kept !== undefined && unsaved,
    /** Leaving on purpose: nothing is kept. */
    forget: () => {
      last.current = { ...last.current, plan: last.current.saved };
    },
  };
}
