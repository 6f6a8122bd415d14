import { UnstyledButton } from "@mantine/core";
import { CircleCheck, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import styles from "./PlanPage.module.css";
import { useWords } from "./page";
import type { Plan } from "./plan";
import type { Check } from "./plans";
import { problemText, stepTitle } from "./words";

interface ProblemCountProps {
  plan: Plan;
  check: Check;
  window_s: number;
  onChoose: (step: string) => void;
}

const SHOWN = 4;

/** Beside the save button: everything that keeps it from working, each with the way to its step. */
export function ProblemCount({ plan, check, window_s, onChoose }: ProblemCountProps) {
  const { t } = useTranslation();
  const words = useWords();
  const { problems, state } = check;
  const count = problems.length;
  const said =
    state === "failed"
      ? t("plans.problems.unchecked")
      : count === 0
        ? t(state === "checking" ? "plans.problems.checking" : "plans.problems.none")
        : count === 1
          ? t("plans.problems.one")
          : t("plans.problems.some", { n: count });
  return (
    <div data-testid="plan-check" data-state={state} data-problems={count}>
      <p className={styles.count} role="status" data-bad={count > 0}>
        {count > 0 ? <TriangleAlert size={16} aria-hidden="true" /> : null}
        {count === 0 && state === "checked" ? <CircleCheck size={16} aria-hidden="true" /> : null} {said}
      </p>
      <ul className={styles.countList}>
        {problems.slice(0, SHOWN).map((problem) => {
          const { step } = problem;
          const text = problemText(words, problem, plan, window_s);
          return (
            <li key={`${step} ${problem.field} ${problem.code}`}>
              {step === null ? (
                text
              ) : (
                <UnstyledButton onClick={() => onChoose(step)} data-testid="plan-problem" data-step={step}>
                  {`${stepTitle(words, step, plan.steps[step])}: ${text}`}
                </UnstyledButton>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
