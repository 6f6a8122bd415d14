import { UnstyledButton } from "@mantine/core";
import { Footprints, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { drawingOf, lineId, type Walked } from "./graph";
import { KIND_ICONS } from "./icons";
import styles from "./PlanPage.module.css";
import { useWords } from "./page";
import { exitsOf, inOrder, type Plan } from "./plan";
import { ofStep, type Problem } from "./problems";
import { factsOf, lineWords, stepTitle } from "./words";

export interface StepsProps {
  plan: Plan;
  chosen: string | null;
  problems: readonly Problem[];
  walked: Walked | null;
  onChoose: (step: string) => void;
}

/** The drawing in words: every step with its facts, where each way out leads, and what is wrong. */
export function StepList({ plan, chosen, problems, walked, onChoose }: StepsProps) {
  const { t } = useTranslation();
  const words = useWords();
  const { entrances, lines } = drawingOf(plan);
  return (
    <ol className={styles.list} data-testid="step-list">
      {inOrder(plan).map((name) => {
        const step = plan.steps[name];
        if (step === undefined) return null;
        const Icon = KIND_ICONS[step.kind];
        const wrong = ofStep(problems, name).length;
        const came = walked?.steps.includes(name) === true;
        const ways = [...new Set(exitsOf(step).map((exit) => exit.to))];
        return (
          <li key={name} data-walked={came} data-wrong={wrong > 0}>
            <UnstyledButton
              className={styles.listStep}
              aria-pressed={name === chosen}
              onClick={() => onChoose(name)}
              data-testid="list-step"
              data-step={name}
            >
              <span className={styles.kind}>
                <Icon size={16} aria-hidden="true" /> <strong>{t(`plans.kind.${step.kind}`)}</strong>
                <code>{name}</code>
              </span>
              {entrances.get(name)?.map((entrance) => (
                <span key={entrance} className={styles.entrance}>
                  {t(`plans.entrance.${entrance}`)}
                </span>
              ))}
              {came ? <Footprints size={15} role="img" aria-label={t("plans.trial.title")} /> : null}
              {wrong > 0 ? (
                <span className={styles.wrong}>
                  <TriangleAlert size={15} aria-hidden="true" />
                  {wrong === 1 ? t("plans.problems.one") : t("plans.problems.some", { n: wrong })}
                </span>
              ) : null}
              <span className={styles.facts}>{factsOf(words, step).join(" · ")}</span>
            </UnstyledButton>
            <ul className={styles.ways}>
              {ways.map((to) => {
                const fields = exitsOf(step).flatMap((exit) => (exit.to === to ? [exit.field] : []));
                const line = lines.find(({ id }) => id === lineId(name, to));
                return (
                  <li key={to} data-walked={line !== undefined && walked?.lines.has(line.id) === true}>
                    {`${lineWords(words, step, fields)} → ${stepTitle(words, to, plan.steps[to])}`}
                  </li>
                );
              })}
            </ul>
          </li>
        );
      })}
    </ol>
  );
}
