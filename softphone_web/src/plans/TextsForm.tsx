import { NativeSelect, Textarea } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AmountInput } from "./AmountInput";
import type { Change } from "./edit";
import styles from "./PlanPage.module.css";
import { useWords } from "./page";
import { type Plan, SPOKEN, TEXT_KINDS, TEXT_LIMIT } from "./plan";
import type { Problem } from "./problems";
import { problemText } from "./words";

interface TextsFormProps {
  plan: Plan;
  problems: readonly Problem[];
  window_s: number;
  change: (what: Change) => void;
}

/** What the company's other systems send into the chat beside what is heard, in one language after another. */
export function TextsForm({ plan, problems, window_s, change }: TextsFormProps) {
  const { t, i18n } = useTranslation();
  const words = useWords();
  const [language, setLanguage] = useState(SPOKEN.find((one) => one === plan.language) ?? SPOKEN[0] ?? "");
  const wrong = (field: string): string | undefined => {
    const found = problems.find((problem) => problem.step === null && problem.field === `texts.${field}`);
    return found === undefined ? undefined : problemText(words, found, plan, window_s);
  };
  const filled = (one: string): number => TEXT_KINDS.filter((kind) => plan.texts[kind][one] !== undefined).length;

  return (
    <section className={styles.panel} aria-labelledby="plan-texts" data-testid="plan-texts">
      <h2 id="plan-texts">{t("plans.texts.title")}</h2>
      <p className={styles.hint}>{t("plans.texts.hint")}</p>
      <div className={styles.wholeFields}>
        <NativeSelect
          label={t("plans.texts.language")}
          description={t("plans.texts.languageHint")}
          rightSection={<ChevronDown size={16} aria-hidden="true" />}
          value={language}
          data={SPOKEN.map((value) => ({
            value,
            label: t("plans.texts.languageOf", {
              language: t(`plans.languageOf.${value === "en" || value === "es" ? value : "ptBR"}`),
              n: filled(value),
            }),
          }))}
          onChange={(event) => setLanguage(event.currentTarget.value)}
          data-testid="texts-language"
        />
        <AmountInput
          label={t("plans.texts.once")}
          description={t("plans.texts.onceHint")}
          unit="min"
          value={plan.texts.once_in_min}
          error={wrong("once_in_min")}
          onChange={(to) => change({ type: "texts_once_changed", to })}
          testid="texts-once"
        />
      </div>
      <div className={styles.wholeFields}>
        {TEXT_KINDS.map((kind) => {
          const text = plan.texts[kind][language] ?? "";
          return (
            <div key={kind}>
              <Textarea
                label={t(`plans.texts.kind.${kind}`)}
                description={t(`plans.texts.when.${kind}`)}
                rows={4}
                resize="vertical"
                lang={language}
                value={text}
                error={wrong(`${kind}.${language}`)}
                onChange={(event) => change({ type: "text_changed", kind, language, to: event.currentTarget.value })}
                data-testid={`text-${kind}`}
              />
              <p className={styles.counted}>
                {t("plans.texts.length", {
                  n: [...text].length.toLocaleString(i18n.language),
                  most: TEXT_LIMIT.toLocaleString(i18n.language),
                })}
              </p>
            </div>
          );
        })}
      </div>
    </section>
  );
}
