import { Button } from "@mantine/core";
import type { TFunction } from "i18next";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import "../i18n/systems";
import { ApiError } from "../session/api";
import { DeedTrouble } from "../system/ChooseSome";
import { Sure } from "../system/Sure";
import { type Chosen, useDelete } from "./templates";

/** Deleting a template at Meta, which is asked about first: nothing brings it back. */
export function DeleteTemplate({ number, template }: { number: number; template: Chosen }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const deleting = useDelete(number);
  const { name, language } = template;
  const label = t("templates.delete.of", { name });
  return (
    <div data-testid="template-deletion">
      {asking ? (
        <Sure
          name={label}
          effect={t("templates.delete.sure")}
          yes={t("templates.delete.yes")}
          pending={deleting.isPending}
          onYes={() => deleting.mutate({ name, language }, { onSettled: () => setAsking(false) })}
          onNo={() => setAsking(false)}
        />
      ) : (
        <Button
          variant="default"
          size="xs"
          leftSection={<Trash2 size={14} aria-hidden="true" />}
          aria-label={label}
          onClick={() => setAsking(true)}
          data-testid="template-delete"
        >
          {t("templates.delete.button")}
        </Button>
      )}
      <DeedTrouble words={deleting.error === null ? null : wordsOf(t, deleting.error)} />
    </div>
  );
}

function wordsOf(t: TFunction, error: Error): string {
  if (!(error instanceof ApiError) || error.status >= 500) return t("templates.delete.failed");
  const { numbers, meta_code } = error.said;
  if (error.code === "in_use") {
    const named = Array.isArray(numbers) ? numbers.join(", ") : "";
    return named === "" ? t("templates.delete.chosen") : t("templates.delete.chosenBy", { numbers: named });
  }
  if (error.status === 404) return t("templates.delete.gone");
  if (error.status === 403) return t("templates.delete.forbidden");
  return t("templates.delete.refused", { code: meta_code ?? error.code });
}
