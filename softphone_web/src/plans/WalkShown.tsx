import { Button, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { clockTime } from "../i18n/format";
import styles from "./PlanPage.module.css";
import { useWords } from "./page";
import type { Plan } from "./plan";
import type { Moment, Walk } from "./trial";
import { momentText } from "./words";

interface WalkShownProps {
  plan: Plan;
  walk: Walk;
  /** The plan has changed since. */
  old: boolean;
  onChoose: (step: string) => void;
  onClear: () => void;
}

type Outcome = "answered" | "missed" | "abandoned" | "declined" | "failed";
const OUTCOMES: readonly Outcome[] = ["answered", "missed", "abandoned", "declined", "failed"];

/** What became of the simulated caller, moment by moment. */
export function WalkShown({ plan, walk, old, onChoose, onClear }: WalkShownProps) {
  const { t } = useTranslation();
  const words = useWords();
  const outcome = OUTCOMES.find((known) => known === walk.outcome) ?? "failed";
  return (
    <div className={styles.walk} data-testid="walk" data-outcome={walk.outcome}>
      <div className={styles.walkHead}>
        <h3>{t("plans.trial.result")}</h3>
        <Button size="xs" variant="default" onClick={onClear} data-testid="trial-clear">
          {t("plans.trial.clear")}
        </Button>
      </div>
      <div role="status">
        {old ? <p className={styles.caution}>{t("plans.trial.old")}</p> : null}
        <p>
          {t(walk.is_open ? "plans.trial.open" : "plans.trial.closed")}{" "}
          {walk.accepted_at_s === null
            ? t("plans.trial.neverAccepted")
            : t("plans.trial.acceptedAt", { time: clockTime(walk.accepted_at_s) })}{" "}
          {walk.complete
            ? t("plans.trial.outcome", {
                outcome: t(`calls.outcome.${outcome}`),
                time: clockTime(walk.ended_at_s),
              })
            : t("plans.trial.incomplete")}
        </p>
      </div>
      <ol className={styles.timeline}>
        {walk.walk.map((moment, index) => (
          <li key={index} data-kind={moment.kind} data-testid="walk-moment" data-step={moment.step}>
            <time>{clockTime(moment.at_s)}</time>
            <MomentWords moment={moment} text={momentText(words, plan, moment)} onChoose={onChoose} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function MomentWords({ moment, text, onChoose }: { moment: Moment; text: string; onChoose: (step: string) => void }) {
  const { step } = moment;
  if (moment.kind !== "step" || step === null) return <span>{text}</span>;
  return <UnstyledButton onClick={() => onChoose(step)}>{text}</UnstyledButton>;
}
