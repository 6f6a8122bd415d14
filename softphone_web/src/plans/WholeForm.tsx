import { NativeSelect } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Change } from "./edit";
import styles from "./PlanPage.module.css";
import { useWords } from "./page";
import { ENTRANCES, type Entrance, inOrder, KINDS, type Plan, SPOKEN } from "./plan";
import type { Problem } from "./problems";
import { SoundInput } from "./SoundInput";
import { problemText, stepTitle } from "./words";

interface WholeFormProps {
  plan: Plan;
  problems: readonly Problem[];
  window_s: number;
  closedUnheard: boolean;
  change: (what: Change) => void;
}

const NEW = "new:";

/** Where calls come into the plan, and the language of what they hear. */
export function WholeForm({ plan, problems, window_s, closedUnheard, change }: WholeFormProps) {
  const { t } = useTranslation();
  const words = useWords();
  const wrong = (field: string): string | undefined => {
    const found = problems.find((problem) => problem.step === null && problem.field === field);
    return found === undefined ? undefined : problemText(words, found, plan, window_s);
  };
  const tooMany = wrong("steps");
  const chevron = <ChevronDown size={16} aria-hidden="true" />;

  function enter(entrance: Entrance, to: string): void {
    const kind = KINDS.find((known) => to === NEW + known);
    if (kind !== undefined) change({ type: "entrance_made", entrance, kind });
    else change({ type: "entrance_changed", entrance, to: to === "" ? null : to });
  }

  return (
    <section className={styles.panel} aria-labelledby="plan-whole">
      <h2 id="plan-whole">{t("plans.whole")}</h2>
      {tooMany === undefined ? null : (
        <p className={styles.problem} role="alert">
          {tooMany}
        </p>
      )}
      <div className={styles.wholeFields}>
        {ENTRANCES.map((entrance) => (
          <div key={entrance}>
            <NativeSelect
              label={t(`plans.entrance.${entrance}`)}
              description={t(`plans.entranceHint.${entrance}`)}
              error={wrong(entrance)}
              rightSection={chevron}
              value={plan[entrance] ?? ""}
              data={[
                ...(entrance === "start" ? [] : [{ value: "", label: t(`plans.entranceNone.${entrance}`) }]),
                {
                  group: t("plans.groupSteps"),
                  items: inOrder(plan).map((name) => ({
                    value: name,
                    label: stepTitle(words, name, plan.steps[name]),
                  })),
                },
                {
                  group: t("plans.groupNew"),
                  items: KINDS.map((kind) => ({
                    value: NEW + kind,
                    label: t("plans.newStep", { kind: t(`plans.kind.${kind}`) }),
                  })),
                },
              ]}
              onChange={(event) => enter(entrance, event.currentTarget.value)}
              data-testid={`entrance-${entrance}`}
            />
            {entrance === "closed" && plan.closed !== null && closedUnheard ? (
              <p className={styles.caution} data-testid="closed-unheard">
                {t("plans.closedUnheard")}
              </p>
            ) : null}
          </div>
        ))}
        <NativeSelect
          label={t("plans.language")}
          error={wrong("language")}
          rightSection={chevron}
          value={plan.language}
          data={SPOKEN.map((value) => ({
            value,
            label: t(`plans.languageOf.${value === "en" || value === "es" ? value : "ptBR"}`),
          }))}
          onChange={(event) => change({ type: "language_changed", to: event.currentTarget.value })}
          data-testid="plan-language"
        />
        <SoundInput
          label={t("plans.transferPrompt")}
          value={plan.transfer_prompt}
          nothing={t("plans.transferUsual")}
          language={plan.language}
          error={wrong("transfer_prompt")}
          onChange={(to) => change({ type: "transfer_prompt_changed", to })}
          testid="transfer-prompt"
        />
      </div>
    </section>
  );
}
