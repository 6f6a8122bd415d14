/** A form of something of a number that is saved whole, with the version that was read. */
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Leaving, useAskBeforeLeaving } from "../shell/leaving";
import { useKeptDraft } from "./draft";
import { AskBeforeLeaving, Meanwhile, Notice } from "./SaveBar";

interface Versioned {
  version: number;
  changed_at: string | null;
  changed_by: string | null;
}

interface Typed<Draft> {
  version: number;
  saved: Draft;
  draft: Draft;
}

export interface WholeDraft<Stored, Draft> extends Typed<Draft> {
  what: string;
  set: (to: Draft | ((now: Draft) => Draft)) => void;
  unsaved: boolean;
  /** What was typed before this page was last left is here again. */
  wasKept: boolean;
  /** What somebody else has saved meanwhile; null: nothing. */
  theirs: Stored | null;
  follow: (stored: Stored) => void;
  leaving: Leaving;
}

/** What is typed stays while the page is not shown; what others save is followed while nothing is lost by it. */
export function useWholeDraft<Stored extends Versioned, Draft>(
  what: string,
  number: number,
  stored: Stored,
  draftOf: (stored: Stored) => Draft,
  isSame: (saved: Draft, draft: Draft) => boolean,
): WholeDraft<Stored, Draft> {
  const { kept, note } = useKeptDraft<Typed<Draft>>(what, number);
  const [typed, setTyped] = useState<Typed<Draft>>(() => kept ?? freshOf(stored, draftOf));
  const unsaved = !isSame(typed.saved, typed.draft);
  const leaving = useAskBeforeLeaving(unsaved, () => note(undefined));
  useEffect(() => note(unsaved ? typed : undefined));
  const set = useCallback(
    (to: Draft | ((now: Draft) => Draft)) =>
      setTyped((now) => ({ ...now, draft: to instanceof Function ? to(now.draft) : to })),
    [],
  );
  const theirs = stored.version === typed.version ? null : stored;
  const follow = (other: Stored): void => setTyped(freshOf(other, draftOf));

  // biome-ignore lint/correctness/useExhaustiveDependencies: follows what others save while nothing is lost by it
  useEffect(() => {
    if (theirs !== null && !unsaved) follow(theirs);
  }, [theirs, unsaved]);

  return {
    ...typed,
    what,
    set,
    unsaved,
    wasKept: kept !== undefined,
    theirs,
    follow,
    leaving,
  };
}

function freshOf<Stored extends Versioned, Draft>(stored: Stored, draftOf: (stored: Stored) => Draft): Typed<Draft> {
  const fresh = draftOf(stored);
  return { version: stored.version, saved: fresh, draft: fresh };
}

interface DraftNoticesProps<Stored, Draft> {
  whole: WholeDraft<Stored, Draft>;
  isSaving: boolean;
  /** What theirs has that mine does not, in words. */
  differences: (theirs: Stored) => string;
  saveAt: (version: number) => void;
}

/** On top of the form: that somebody else has saved meanwhile, and that a draft is here again. */
export function DraftNotices<Stored extends Versioned, Draft>(props: DraftNoticesProps<Stored, Draft>) {
  const { whole, isSaving, differences, saveAt } = props;
  const { t } = useTranslation();
  const { theirs, unsaved } = whole;
  return (
    <>
      <AskBeforeLeaving leaving={whole.leaving} />
      {theirs === null || !unsaved || isSaving ? null : (
        <Meanwhile
          by={theirs.changed_by}
          at={theirs.changed_at}
          differences={differences(theirs)}
          onTheirs={() => whole.follow(theirs)}
          onMine={() => saveAt(theirs.version)}
        />
      )}
      {whole.wasKept && unsaved ? (
        <Notice tone="info" testid={`${whole.what}-kept`}>
          {t("admin.keptFromBefore")}
        </Notice>
      ) : null}
    </>
  );
}
