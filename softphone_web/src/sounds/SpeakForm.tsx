import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { ChevronDown, MessageSquareQuote } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { LANGUAGES } from "../i18n";
import { ApiError } from "../session/api";
import styles from "./SoundsPage.module.css";
import { NAME_LIMIT_CHARS, TEXT_LIMIT_CHARS, useSpeech } from "./sounds";

/** Words that the server speaks. After a failure they are still there. */
export function SpeakForm({ speaks }: { speaks: boolean }) {
  const { t, i18n } = useTranslation();
  const [words, setWords] = useState({ name: "", text: "", language: i18n.language });
  const speech = useSpeech();
  const change = (changes: Partial<typeof words>) => setWords({ ...words, ...changes });
  return (
    <section aria-labelledby="speak-title" data-testid="speak">
      <h2 id="speak-title">{t("sounds.speak.title")}</h2>
      <p className={styles.intro}>{t(speaks ? "sounds.speak.how" : "sounds.speak.cannot")}</p>
      {speaks ? (
        <form
          className={styles.speak}
          onSubmit={(event) => {
            event.preventDefault();
            speech.mutate({ ...words, name: words.name.trim() }, { onSuccess: () => change({ name: "", text: "" }) });
          }}
        >
          <Textarea
            label={t("sounds.speak.text")}
            value={words.text}
            maxLength={TEXT_LIMIT_CHARS}
            rows={3}
            onChange={(event) => change({ text: event.currentTarget.value })}
            data-testid="speak-text"
          />
          <NativeSelect
            label={t("sounds.speak.language")}
            rightSection={<ChevronDown size={15} aria-hidden="true" />}
            data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
            value={words.language}
            onChange={(event) => change({ language: event.currentTarget.value })}
          />
          <TextInput
            label={t("sounds.upload.name")}
            value={words.name}
            maxLength={NAME_LIMIT_CHARS}
            autoComplete="off"
            onChange={(event) => change({ name: event.currentTarget.value })}
            data-testid="speak-name"
          />
          <Button
            type="submit"
            size="sm"
            leftSection={<MessageSquareQuote size={16} aria-hidden="true" />}
            disabled={words.name.trim() === "" || words.text.trim() === ""}
            loading={speech.isPending}
            data-testid="speak-send"
          >
            {t("sounds.speak.send")}
          </Button>
        </form>
      ) : null}
      {speech.isError ? (
        <p className={styles.problem} role="alert" data-testid="speak-trouble">
          {t(troubleOf(speech.error))}
        </p>
      ) : null}
      {speech.isSuccess ? (
        <p className={styles.intro} role="status" data-testid="speak-done">
          {t("sounds.upload.done", { name: speech.data.name })}
        </p>
      ) : null}
    </section>
  );
}

function troubleOf(error: Error) {
  const code = error instanceof ApiError ? error.code : "";
  if (code === "exists") return "sounds.nameExists";
  if (code === "no_speech") return "sounds.speak.cannot";
  return error instanceof ApiError && error.status === 422 ? "sounds.speak.silent" : "sounds.deedFailed";
}
