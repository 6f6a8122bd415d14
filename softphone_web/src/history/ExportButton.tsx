import { Button, CloseButton, Loader, Menu, Progress } from "@mantine/core";
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import styles from "./HistoryPage.module.css";
import { type ExportShown, type Outline, useExport } from "./history";

/** What is filtered, as a file. Why it cannot be is said beside the button. */
export function ExportButton({ query, zone, outline }: { query: string; zone: string; outline: Outline | undefined }) {
  const { t } = useTranslation();
  const { shown, begin, cancel } = useExport(zone);
  const why = outline?.more ? t("history.export.tooMany") : outline?.count === 0 ? t("history.export.nothing") : null;
  const working = shown !== null && ("asking" in shown || "making" in shown);
  return (
    <>
      <Menu position="bottom-start" withinPortal={false}>
        <Menu.Target>
          <Button
            variant="default"
            size="xs"
            leftSection={<Download size={15} aria-hidden="true" />}
            disabled={why !== null || outline === undefined || working}
            data-testid="history-export"
          >
            {t("history.export.title")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {(["csv", "parquet"] as const).map((format) => (
            <Menu.Item key={format} onClick={() => void begin(query, format)} data-testid={`history-export-${format}`}>
              {t(`history.export.${format}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {why === null ? null : <span className={styles.hint}>{why}</span>}
      {shown === null ? null : <HowFar shown={shown} cancel={cancel} />}
    </>
  );
}

const FAILURES = ["busy", "too_many", "disk"] as const;

function HowFar({ shown, cancel }: { shown: NonNullable<ExportShown>; cancel: () => void }) {
  const { t, i18n } = useTranslation();
  const n = (value: number): string => value.toLocaleString(i18n.language);
  if ("failed" in shown) {
    const known = FAILURES.find((failure) => failure === shown.failed) ?? "other";
    return (
      <div className={styles.export} role="alert" data-testid="history-export-failed">
        <span>{t(`history.export.failed.${known}`)}</span>
        <CloseButton size="sm" onClick={cancel} aria-label={t("history.export.close")} />
      </div>
    );
  }
  if ("ready" in shown) {
    return (
      <div className={styles.export} role="status" data-testid="history-export-ready">
        <span>
          {t("history.export.ready", { of: n(shown.ready.of) })} {t(`history.export.numbers.${shown.ready.numbers}`)}
        </span>
        <CloseButton size="sm" onClick={cancel} aria-label={t("history.export.close")} />
      </div>
    );
  }
  const making = "making" in shown ? shown.making : null;
  return (
    <div className={styles.export} role="status" data-testid="history-export-making">
      {making === null ? <Loader size={14} aria-hidden="true" /> : null}
      <span>
        {making === null
          ? t("history.export.asking")
          : t("history.export.making", { rows: n(making.rows), of: n(making.of) })}
      </span>
      {making === null ? null : (
        <Progress
          className={styles.progress}
          value={(100 * making.rows) / Math.max(1, making.of)}
          aria-label={t("history.export.asking")}
        />
      )}
      <Button variant="subtle" size="compact-sm" onClick={cancel}>
        {t("history.export.cancel")}
      </Button>
    </div>
  );
}
