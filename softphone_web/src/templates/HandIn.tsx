import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { refusedFields } from "../number/settings";
import { ApiError } from "../session/api";
import styles from "./Templates.module.css";
import { gapsOf, type NewTemplate, useHandIn } from "./templates";
import { categoryText, problemText } from "./words";

const EMPTY: NewTemplate = { name: "", language: "pt_BR", category: "UTILITY", text: "" };
const CATEGORIES = ["UTILITY", "MARKETING"] as const;

/** A template that is not there yet: written here, reviewed by Meta. */
export function HandIn({ number }: { number: number }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(EMPTY);
  const [pressed, setPressed] = useState(false);
  const handIn = useHandIn(number);
  const gaps = gapsOf(draft);
  const refused = refusedFields(handIn.error);
  const set = (to: Partial<NewTemplate>) => setDraft((now) => ({ ...now, ...to }));
  const wrong = (field: keyof NewTemplate) => {
    const code = (pressed ? gaps[field] : undefined) ?? (refused[field] === undefined ? undefined : field);
    return code === undefined ? undefined : problemText(t, code);
  };

  function send(event: FormEvent): void {
    event.preventDefault();
    setPressed(true);
    if (Object.keys(gaps).length > 0) return;
    handIn.mutate(draft, {
      onSuccess: () => {
        setDraft(EMPTY);
        setPressed(false);
      },
    });
  }

  return (
    <section aria-labelledby="hand-in" data-testid="hand-in">
      <h2 id="hand-in">{t("templates.new.title")}</h2>
      <p className={styles.hint}>{t("templates.new.hint")}</p>
      <form onSubmit={send} className={styles.new}>
        <div className={styles.fields}>
          <TextInput
            label={t("templates.new.name")}
            description={t("templates.new.nameHint")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            value={draft.name}
            error={wrong("name")}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => set({ name: event.currentTarget.value })}
            data-testid="new-name"
          />
          <TextInput
            label={t("templates.new.language")}
            description={t("templates.new.languageHint")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            value={draft.language}
            error={wrong("language")}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => set({ language: event.currentTarget.value })}
            data-testid="new-language"
          />
          <NativeSelect
            label={t("templates.new.category")}
            rightSection={<ChevronDown size={16} aria-hidden="true" />}
            data={CATEGORIES.map((value) => ({ value, label: categoryText(t, value) }))}
            value={draft.category}
            onChange={(event) => set({ category: event.currentTarget.value === "MARKETING" ? "MARKETING" : "UTILITY" })}
            data-testid="new-category"
          />
        </div>
        <Textarea
          label={t("templates.new.text")}
          description={t("templates.new.textHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          rows={3}
          resize="vertical"
          value={draft.text}
          error={wrong("text")}
          onChange={(event) => set({ text: event.currentTarget.value })}
          data-testid="new-text"
        />
        <div>
          <Button
            type="submit"
            variant="default"
            size="sm"
            loading={handIn.isPending}
            aria-label={t("templates.new.send")}
            data-testid="new-send"
          >
            {t("templates.new.send")}
          </Button>
        </div>
        {handIn.error === null || Object.keys(refused).length > 0 ? null : (
          <p role="alert" className={styles.refused} data-testid="new-trouble">
            {handIn.error instanceof ApiError && handIn.error.said.meta_code !== undefined
              ? t("templates.new.refused", { code: handIn.error.said.meta_code })
              : t("templates.new.failed")}
          </p>
        )}
        {handIn.isSuccess ? (
          <p role="status" className={styles.hint}>
            {t("templates.new.sent")}
          </p>
        ) : null}
      </form>
    </section>
  );
}
