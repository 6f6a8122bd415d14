import { Button } from "@mantine/core";
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./PlanPage.module.css";
import type { Plan } from "./plan";
import { problemsIn, type useTrial } from "./plans";
import { TrialCaller } from "./TrialCaller";
import { EMPTY_TRIAL } from "./trial";
import { WalkShown } from "./WalkShown";

interface TrialPanelProps {
  plan: Plan;
  /** Nothing is wrong with it. */
  ready: boolean;
  trial: ReturnType<typeof useTrial>;
  onChoose: (step: string) => void;
}

/** A simulated caller on the plan as it is here, before anybody real hears it. */
export function TrialPanel({ plan, ready, trial, onChoose }: TrialPanelProps) {
  const { t } = useTranslation();
  const [form, setForm] = useState(EMPTY_TRIAL);
  const refused = problemsIn(trial.error) !== null;
  return (
    <section className={styles.panel} aria-labelledby="trial-title" data-testid="trial">
      <h2 id="trial-title">{t("plans.trial.title")}</h2>
      <p className={styles.hint}>{t("plans.trial.intro")}</p>
      <div className={styles.trial}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            trial.mutate({ plan, form });
          }}
        >
          <TrialCaller plan={plan} form={form} setForm={setForm} />
          <div className={styles.trialRun}>
            <Button
              type="submit"
              variant="light"
              size="sm"
              leftSection={<FlaskConical size={16} aria-hidden="true" />}
              disabled={!ready}
              loading={trial.isPending}
              data-testid="trial-run"
            >
              {t("plans.trial.run")}
            </Button>
            {ready ? null : <p className={styles.hint}>{t("plans.trial.mend")}</p>}
          </div>
          {trial.isError ? (
            <p className={styles.problem} role="alert" data-testid="trial-failed">
              {t(refused ? "plans.trial.mend" : "plans.trial.failed")}
            </p>
          ) : null}
        </form>
        {trial.data === undefined ? null : (
          <WalkShown
            plan={trial.data.plan}
            walk={trial.data.walk}
            old={trial.data.plan !== plan}
            onChoose={onChoose}
            onClear={trial.reset}
          />
        )}
      </div>
    </section>
  );
}
