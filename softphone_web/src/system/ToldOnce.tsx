import { Button } from "@mantine/core";
import { Check, Copy, KeyRound } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./System.module.css";

/** A secret and whose it is. */
export interface Told {
  title: string;
  secret: string;
}

/** Shown until somebody says that they have kept it: it is told once. */
export function ToldOnce({ told, onDone }: { told: Told; onDone: () => void }) {
  const { t } = useTranslation();
  const text = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState<boolean | null>(null);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(told.secret);
      setCopied(true);
    } catch {
      if (text.current !== null) window.getSelection()?.selectAllChildren(text.current);
      setCopied(false);
    }
  }

  return (
    <section className={styles.told} aria-labelledby="told-title" data-testid="told-once">
      <KeyRound size={20} aria-hidden="true" />
      <div>
        <strong id="told-title">{told.title}</strong>
        <code ref={text} data-testid="told-secret">
          {told.secret}
        </code>
        <p>{t("system.once.body")}</p>
        <div className={styles.buttons}>
          <Button
            size="xs"
            autoFocus
            leftSection={copied ? <Check size={15} aria-hidden="true" /> : <Copy size={15} aria-hidden="true" />}
            onClick={() => void copy()}
            data-testid="told-copy"
          >
            {t("system.once.copy")}
          </Button>
          <Button size="xs" variant="default" onClick={onDone} data-testid="told-done">
            {t("system.once.done")}
          </Button>
        </div>
        <p role="status" data-testid="told-copied">
          {copied === null ? null : t(copied ? "system.once.copied" : "system.once.notCopied")}
        </p>
      </div>
    </section>
  );
}
