import { Button, FileButton, Progress, TextInput } from "@mantine/core";
import "@mantine/core/styles/Progress.css";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FileAudio, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./SoundsPage.module.css";
import { NAME_LIMIT_CHARS, SOUNDS, UPLOAD_LIMIT_BYTES, upload, uploadTrouble } from "./sounds";

/** A file, its name, and how far it has come. After a failure both are still there. */
export function UploadForm() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const [share, setShare] = useState(0);
  const forgetFile = useRef<() => void>(null);
  const sending = useMutation({
    mutationFn: ({ file, name }: { file: File; name: string }) => upload(file, name, setShare),
    onSuccess: () => {
      setFile(null);
      setName("");
      forgetFile.current?.();
      return queries.invalidateQueries({ queryKey: SOUNDS });
    },
  });
  const tooLarge = file !== null && file.size > UPLOAD_LIMIT_BYTES;
  const trouble = tooLarge ? "too_large" : sending.isError ? uploadTrouble(sending.error) : null;

  function choose(chosen: File | null): void {
    setFile(chosen);
    sending.reset();
    if (chosen !== null && name === "") setName(chosen.name.replace(/\.[^.]*$/, "").slice(0, NAME_LIMIT_CHARS));
  }

  return (
    <section aria-labelledby="upload-title" data-testid="upload">
      <h2 id="upload-title">{t("sounds.upload.title")}</h2>
      <p className={styles.intro}>{t("sounds.upload.limits")}</p>
      <form
        className={styles.upload}
        onSubmit={(event) => {
          event.preventDefault();
          if (file === null || tooLarge) return;
          setShare(0);
          sending.mutate({ file, name: name.trim() });
        }}
      >
        <FileButton
          accept="audio/*"
          resetRef={forgetFile}
          onChange={choose}
          inputProps={{ "aria-label": t("sounds.upload.file"), tabIndex: -1 }}
        >
          {(button) => (
            <Button
              {...button}
              className={styles.file}
              variant="default"
              size="sm"
              leftSection={<FileAudio size={16} aria-hidden="true" />}
              data-testid="upload-file"
            >
              {file?.name ?? t("sounds.upload.file")}
            </Button>
          )}
        </FileButton>
        <TextInput
          label={t("sounds.upload.name")}
          value={name}
          maxLength={NAME_LIMIT_CHARS}
          autoComplete="off"
          onChange={(event) => setName(event.currentTarget.value)}
          data-testid="upload-name"
        />
        <Button
          type="submit"
          size="sm"
          leftSection={<Upload size={16} aria-hidden="true" />}
          disabled={file === null || tooLarge || name.trim() === ""}
          loading={sending.isPending}
          data-testid="upload-send"
        >
          {t(sending.isError ? "sounds.upload.again" : "sounds.upload.send")}
        </Button>
      </form>
      {sending.isPending ? (
        <div data-testid="upload-progress">
          <p className={styles.intro} role="status">
            {share < 1
              ? t("sounds.upload.sending", { percent: Math.floor(share * 100) })
              : t("sounds.upload.preparing")}
          </p>
          <Progress value={share * 100} aria-label={t("sounds.upload.title")} />
        </div>
      ) : null}
      {trouble === null ? null : (
        <p className={styles.problem} role="alert" data-testid="upload-trouble">
          {t(`sounds.trouble.${trouble}`)}
        </p>
      )}
      {sending.isSuccess && trouble === null ? (
        <p className={styles.intro} role="status" data-testid="upload-done">
          {t("sounds.upload.done", { name: sending.data.name })}
        </p>
      ) : null}
    </section>
  );
}
