import { ActionIcon, Button, TextInput } from "@mantine/core";
import { Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow_s } from "../desk/useNow";
import { clockTime, moment } from "../i18n/format";
import { ApiError } from "../session/api";
import { ListenButton } from "./ListenButton";
import styles from "./SoundsPage.module.css";
import { NAME_LIMIT_CHARS, type UploadedSound, useSoundDeed } from "./sounds";

/** A sound of the company: heard, renamed, and deleted once no plan plays it. */
export function UploadedRow({ sound }: { sound: UploadedSound }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const deed = useSoundDeed();
  const [doing, setDoing] = useState<"rename" | "remove" | null>(null);
  const used = sound.used_by.length > 0;
  const numbers = sound.used_by.join(", ");
  const done = { onSuccess: () => setDoing(null) };
  return (
    <li data-testid="uploaded-sound" data-sound={sound.id}>
      <ListenButton id={sound.id} name={sound.name} language={i18n.language} />
      <div className={styles.what}>
        {doing === "rename" ? (
          <NameForm
            name={sound.name}
            pending={deed.isPending}
            onSave={(name) => deed.mutate({ id: sound.id, name }, done)}
            onCancel={() => setDoing(null)}
          />
        ) : (
          <strong>{sound.name}</strong>
        )}
        <p>
          {[
            clockTime(sound.duration_ms / 1000),
            t("sounds.by", {
              name: sound.created_by,
              when: moment(Date.parse(sound.created_at) / 1000, now_s, i18n.language),
            }),
          ].join(" · ")}
        </p>
        <p data-testid="used-by">
          {used ? `${t("sounds.usedBy", { numbers })}. ${t("sounds.removeNot")}` : t("sounds.unused")}
        </p>
        <DeedTrouble error={deed.error} />
        {doing === "remove" ? (
          <div className={styles.sure} role="alertdialog" aria-label={t("sounds.remove", { sound: sound.name })}>
            <span>{t("sounds.removeSure", { sound: sound.name })}</span>
            <Button
              size="xs"
              color="red"
              loading={deed.isPending}
              onClick={() => deed.mutate({ id: sound.id, name: null }, done)}
              data-testid="remove-yes"
            >
              {t("sounds.removeYes")}
            </Button>
            <Button size="xs" variant="default" onClick={() => setDoing(null)}>
              {t("sounds.cancel")}
            </Button>
          </div>
        ) : null}
      </div>
      <div className={styles.deeds}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          aria-label={t("sounds.rename", { sound: sound.name })}
          title={t("sounds.rename", { sound: sound.name })}
          onClick={() => setDoing("rename")}
          data-testid="rename-sound"
        >
          <Pencil size={16} aria-hidden="true" />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="red"
          size={36}
          disabled={used}
          aria-label={t("sounds.remove", { sound: sound.name })}
          title={t("sounds.remove", { sound: sound.name })}
          onClick={() => setDoing("remove")}
          data-testid="remove-sound"
        >
          <Trash2 size={16} aria-hidden="true" />
        </ActionIcon>
      </div>
    </li>
  );
}

interface NameFormProps {
  name: string;
  pending: boolean;
  onSave: (name: string) => void;
  onCancel: () => void;
}

function NameForm({ name, pending, onSave, onCancel }: NameFormProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(name);
  return (
    <form
      className={styles.sure}
      onSubmit={(event) => {
        event.preventDefault();
        onSave(typed.trim());
      }}
    >
      <TextInput
        size="xs"
        aria-label={t("sounds.upload.name")}
        value={typed}
        maxLength={NAME_LIMIT_CHARS}
        autoComplete="off"
        autoFocus
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-testid="sound-new-name"
      />
      <Button type="submit" size="xs" loading={pending} disabled={typed.trim() === ""} data-testid="save-name">
        {t("sounds.save")}
      </Button>
      <Button size="xs" variant="default" onClick={onCancel}>
        {t("sounds.cancel")}
      </Button>
    </form>
  );
}

function DeedTrouble({ error }: { error: Error | null }) {
  const { t } = useTranslation();
  if (error === null) return null;
  const code = error instanceof ApiError ? error.code : "";
  const usedBy = error instanceof ApiError && Array.isArray(error.said.used_by) ? error.said.used_by : [];
  const words =
    code === "in_use"
      ? t("sounds.stillUsed", { numbers: usedBy.join(", ") })
      : t(
          code === "exists"
            ? "sounds.nameExists"
            : code === "bad_request"
              ? "sounds.trouble.bad_name"
              : "sounds.deedFailed",
        );
  return (
    <p className={styles.problem} role="alert" data-testid="deed-trouble">
      {words}
    </p>
  );
}
