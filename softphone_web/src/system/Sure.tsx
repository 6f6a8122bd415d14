import { Button } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import styles from "./System.module.css";

interface SureProps {
  /** What it does, and to how much. */
  effect: string;
  yes: string;
  name: string;
  pending: boolean;
  onYes: () => void;
  onNo: () => void;
}

/** Asked before what cannot be undone, where the button was. */
export function Sure({ effect, yes, name, pending, onYes, onNo }: SureProps) {
  const { t } = useTranslation();
  const effectId = useId();
  return (
    <div className={styles.sure} role="alertdialog" aria-label={name} aria-describedby={effectId} data-testid="sure">
      <p id={effectId}>{effect}</p>
      <div className={styles.buttons}>
        <Button size="xs" color="red" loading={pending} onClick={onYes} data-testid="sure-yes">
          {yes}
        </Button>
        <Button size="xs" variant="default" autoFocus onClick={onNo} data-testid="sure-no">
          {t("system.cancel")}
        </Button>
      </div>
    </div>
  );
}
