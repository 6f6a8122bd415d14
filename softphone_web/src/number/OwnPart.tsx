/** A part of a number's page that is saved on its own, whole, with the version that was read. */
import { Button } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../session/api";
import styles from "./Number.module.css";
import { refusedFields } from "./settings";

interface OwnPart<Draft> {
  draft: Draft;
  /** Of what the draft was made of: whoever saved meanwhile is not overwritten. */
  version: number;
  isTyped: boolean;
  set: (to: Partial<Draft>) => void;
  undo: () => void;
}

/** What is stored, until somebody types. */
export function useOwnPart<Draft extends object>(stored: Draft, version: number): OwnPart<Draft> {
  const [typed, setTyped] = useState<{ draft: Draft; version: number } | null>(null);
  const now = typed ?? { draft: stored, version };
  return {
    ...now,
    isTyped: typed !== null,
    set: (to) => setTyped({ draft: { ...now.draft, ...to }, version: now.version }),
    undo: () => setTyped(null),
  };
}

interface SaveOwnPartProps {
  name: "guard" | "balance";
  words: { save: string; saved: string; meanwhile: string };
  part: Pick<OwnPart<object>, "isTyped" | "undo">;
  /** null: it is not whole yet, or it will not do. */
  form: object | null;
  saving: UseMutationResult<unknown, Error, object>;
}

export function SaveOwnPart({ name, words, part, form, saving }: SaveOwnPartProps) {
  const { t } = useTranslation();
  const meanwhile = saving.error instanceof ApiError && saving.error.status === 409;
  const refused = Object.keys(refusedFields(saving.error)).length > 0;
  return (
    <>
      <div className={styles.buttons}>
        <Button
          variant="default"
          size="sm"
          disabled={!part.isTyped || form === null}
          loading={saving.isPending}
          aria-label={words.save}
          onClick={() => form !== null && saving.mutate(form, { onSuccess: part.undo })}
          data-testid={`save-${name}`}
        >
          {words.save}
        </Button>
        {meanwhile ? (
          <Button variant="default" size="sm" onClick={part.undo}>
            {t("admin.undo")}
          </Button>
        ) : null}
      </div>
      {saving.error === null || !part.isTyped ? null : (
        <p className={styles.refused} role="alert" data-testid={`${name}-trouble`}>
          {meanwhile ? words.meanwhile : t(refused ? "admin.saveRefused" : "admin.saveFailed")}
        </p>
      )}
      {saving.isSuccess && !part.isTyped ? (
        <p className={styles.hint} role="status">
          {words.saved}
        </p>
      ) : null}
    </>
  );
}
