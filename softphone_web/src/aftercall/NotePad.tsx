import { Button, NativeSelect, Textarea } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { mayTakeFocus } from "../phone/view/focus";
import styles from "./AfterCall.module.css";
import type { useNote } from "./note";
import { resultText, useReasons } from "./reasons";

const LIMIT_CHARS = 4_000;

interface NotePadProps {
  pad: ReturnType<typeof useNote>;
  withResult?: boolean;
  /** Somebody pressed a button for it: they write at once. */
  opened?: boolean;
}

/** What was said and what came of it. Everything typed is kept by itself. */
export function NotePad({ pad, withResult = false, opened = false }: NotePadProps) {
  const { t } = useTranslation();
  const reasons = useReasons();
  const { note } = pad;
  const text = useRef<HTMLTextAreaElement>(null);
  const writes = opened && note !== null;
  useEffect(() => {
    if (writes && mayTakeFocus()) text.current?.focus();
  }, [writes]);
  if (pad.failedToLoad) {
    return (
      <div role="alert" className={styles.trouble}>
        <p>{t("afterCall.notLoaded")}</p>
        <Button size="xs" variant="default" onClick={pad.reload} data-testid="note-reload">
          {t("afterCall.retry")}
        </Button>
      </div>
    );
  }
  const own = reasons.data?.disposition ?? [];
  const codes = own.map((reason) => reason.code);
  const chosen = note?.disposition ?? null;
  if (chosen !== null && !codes.includes(chosen)) codes.push(chosen); // of an older list
  return (
    <div className={styles.pad}>
      {withResult ? (
        <NativeSelect
          label={t("afterCall.disposition")}
          data={[
            { value: "", label: t("afterCall.choose") },
            ...codes.map((code) => ({ value: code, label: resultText(t, code, own) })),
          ]}
          value={chosen ?? ""}
          onChange={(event) => pad.write({ disposition: event.currentTarget.value || null })}
          disabled={note === null}
          data-testid="disposition"
        />
      ) : null}
      <Textarea
        ref={text}
        label={t("afterCall.note")}
        placeholder={t("afterCall.notePlaceholder")}
        value={note?.text ?? ""}
        onChange={(event) => pad.write({ text: event.currentTarget.value })}
        disabled={note === null}
        maxLength={LIMIT_CHARS}
        rows={4}
        data-testid="note"
      />
      <p className={styles.state} role="status" data-testid="note-state" data-state={pad.state}>
        {pad.state === "untouched" ? null : t(STATES[pad.state])}
      </p>
    </div>
  );
}

const STATES = {
  saving: "afterCall.saving",
  saved: "afterCall.saved",
  failing: "afterCall.notSaved",
} as const;
