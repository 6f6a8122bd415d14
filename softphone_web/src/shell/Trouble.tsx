import { Button } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import styles from "./Trouble.module.css";

/** A page could not be loaded, or has no news: what that means, and trying again. */
export function Trouble({ words, retry, testid }: { words: string; retry: () => unknown; testid: string }) {
  const { t } = useTranslation();
  return (
    <div className={styles.trouble} role="alert" data-testid={testid}>
      <TriangleAlert size={18} aria-hidden="true" />
      <span>{words}</span>
      <Button variant="default" size="xs" onClick={() => void retry()} data-testid={`${testid}-retry`}>
        {t("session.retry")}
      </Button>
    </div>
  );
}
