import { Button } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import styles from "./PeoplePage.module.css";

/** A first password and whose it is. */
export interface Handed {
  name: string;
  password: string;
}

/** Shown until somebody has noted it: it is told once. */
export function FirstPassword({ handed, onDone }: { handed: Handed; onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.handed} role="status" data-testid="first-password">
      <KeyRound size={20} aria-hidden="true" />
      <div>
        <strong>{t("people.first.title", { name: handed.name })}</strong>
        <code data-testid="first-password-text">{handed.password}</code>
        <p>{t("people.first.body")}</p>
        <Button size="xs" variant="default" onClick={onDone} data-testid="first-password-done">
          {t("people.first.done")}
        </Button>
      </div>
    </div>
  );
}
