/** What was typed and not saved, kept while its page is not shown: the browser's own back button asks nobody. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

export interface KeptDraft<T> {
  /** From before this page was last left; undefined: there is none. */
  kept: T | undefined;
  /** `undefined`: nothing is unsaved. What is noted last is kept when the page goes away. */
  note: (draft: T | undefined) => void;
}

/** It goes with the session, as everything does that was loaded. */
export function useKeptDraft<T>(what: string, number: number): KeptDraft<T> {
  const queries = useQueryClient();
  const [kept] = useState(() => queries.getQueryData<T>([DRAFT, what, number]));
  const last = useRef(kept);
  useEffect(() => {
    const key = [DRAFT, what, number];
    queries.setQueryDefaults([DRAFT], { gcTime: Number.POSITIVE_INFINITY });
    return () => {
      if (last.current === undefined) queries.removeQueries({ queryKey: key });
      else queries.setQueryData(key, last.current);
    };
  }, [queries, what, number]);
  return {
    kept,
    note: (draft) => {
      last.current = draft;
    },
  };
}

const DRAFT = "draft";
