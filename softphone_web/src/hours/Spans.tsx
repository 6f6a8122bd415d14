import { ActionIcon, Button, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import styles from "./HoursPage.module.css";
import { MOST_SPANS, nextSpan, type TypedSpan } from "./schedule";

interface SpansProps {
  /** What the spans are of, for who does not see it beside them. */
  day: string;
  spans: TypedSpan[];
  onChange: (to: TypedSpan[]) => void;
  error?: string | undefined;
}

/** From when to when, as often as a day may open. */
export function Spans({ day, spans, onChange, error }: SpansProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.spans}>
      {spans.length === 0 ? <span className={styles.closed}>{t("hours.closedDay")}</span> : null}
      {spans.map((span, index) => (
        <div key={index} className={styles.span}>
          <span aria-hidden="true">{t("hours.from")}</span>
          <TextInput
            type="time"
            aria-label={t("hours.opens", { day })}
            value={span.opens}
            error={error !== undefined}
            onChange={(event) => onChange(spans.with(index, { ...span, opens: event.currentTarget.value }))}
            data-testid="span-opens"
          />
          <span aria-hidden="true">{t("hours.to")}</span>
          <TextInput
            type="time"
            aria-label={t("hours.closes", { day })}
            value={span.closes}
            error={error !== undefined}
            onChange={(event) => onChange(spans.with(index, { ...span, closes: event.currentTarget.value }))}
            data-testid="span-closes"
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={34}
            aria-label={t("hours.removeSpan", { day, from: span.opens, to: span.closes })}
            title={t("hours.removeSpan", { day, from: span.opens, to: span.closes })}
            onClick={() => onChange(spans.toSpliced(index, 1))}
            data-testid="span-remove"
          >
            <X size={16} aria-hidden="true" />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="subtle"
        size="xs"
        leftSection={<Plus size={14} aria-hidden="true" />}
        disabled={spans.length >= MOST_SPANS}
        aria-label={t("hours.addSpanTo", { day })}
        onClick={() => onChange([...spans, nextSpan(spans)])}
        data-testid="span-add"
      >
        {t("hours.addSpan")}
      </Button>
      {error === undefined ? null : (
        <p className={styles.problem} role="alert" data-testid="span-problem">
          {error}
        </p>
      )}
    </div>
  );
}
