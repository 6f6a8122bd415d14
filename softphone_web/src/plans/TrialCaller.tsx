import { ActionIcon, Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { ChevronDown, Plus, X } from "lucide-react";
import type { Dispatch, SetStateAction } from "react";
import { useTranslation } from "react-i18next";
import { accountZone } from "../i18n/zone";
import { AmountInput } from "./AmountInput";
import styles from "./PlanPage.module.css";
import { usePage, useWords } from "./page";
import { KEYS, type Plan } from "./plan";
import { heardLately, type Press, stepsWithKeys, type TrialForm, usualKey } from "./trial";
import { stepTitle } from "./words";

interface TrialCallerProps {
  plan: Plan;
  form: TrialForm;
  setForm: Dispatch<SetStateAction<TrialForm>>;
}

const USUAL_ANSWER_S = 4;
const USUAL_PRESS_S = 2;

/** What the simulated customer does, when they call, and who is there for them. */
export function TrialCaller({ plan, form, setForm }: TrialCallerProps) {
  const { t } = useTranslation();
  const { names } = usePage();
  const zone = accountZone();
  const set = (changes: Partial<TrialForm>) => setForm((now) => ({ ...now, ...changes }));
  const freeAgent = [...names.agents.keys()].find((id) => !form.agents.some((agent) => agent.agent_id === id));
  return (
    <div className={styles.fields}>
      <Presses plan={plan} form={form} setForm={setForm} />
      <fieldset className={styles.choices}>
        <legend>{t("plans.trial.agents")}</legend>
        {form.agents.length === 0 ? <p className={styles.hint}>{t("plans.trial.agentNone")}</p> : null}
        {form.agents.map((agent, index) => (
          <div key={agent.agent_id} className={styles.choice} data-testid="trial-agent">
            <NativeSelect
              label={t("plans.trial.agent")}
              rightSection={<ChevronDown size={16} aria-hidden="true" />}
              value={String(agent.agent_id)}
              data={[...names.agents]
                .filter(([id]) => id === agent.agent_id || !form.agents.some((other) => other.agent_id === id))
                .map(([id, label]) => ({ value: String(id), label }))}
              onChange={(event) => {
                const agent_id = Number(event.currentTarget.value);
                set({ agents: form.agents.with(index, { ...agent, agent_id }) });
              }}
              data-testid="trial-agent-who"
            />
            <AmountInput
              label={t("plans.trial.agentAfter")}
              description={t("plans.trial.agentNever")}
              unit="s"
              value={agent.answers_after_s}
              onChange={(answers_after_s) => set({ agents: form.agents.with(index, { ...agent, answers_after_s }) })}
              testid="trial-agent-after"
            />
            <Remove
              label={t("plans.trial.agentRemove")}
              onClick={() => set({ agents: form.agents.toSpliced(index, 1) })}
            />
          </div>
        ))}
        <Button
          size="xs"
          variant="default"
          leftSection={<Plus size={15} aria-hidden="true" />}
          disabled={freeAgent === undefined}
          onClick={() => {
            if (freeAgent === undefined) return;
            set({ agents: [...form.agents, { agent_id: freeAgent, answers_after_s: USUAL_ANSWER_S }] });
          }}
          data-testid="trial-agent-add"
        >
          {t("plans.trial.agentAdd")}
        </Button>
      </fieldset>
      <AmountInput
        label={t("plans.trial.hangsUp")}
        description={t("plans.trial.hangsUpHint")}
        unit="s"
        value={form.hangs_up_after_s}
        onChange={(hangs_up_after_s) => set({ hangs_up_after_s })}
        testid="trial-hangs-up"
      />
      <TextInput
        type="datetime-local"
        label={t("plans.trial.when")}
        description={t("plans.trial.whenHint", { zone })}
        value={form.at}
        onChange={(event) => set({ at: event.currentTarget.value })}
        data-testid="trial-at"
      />
      {heardLately(plan).length === 0 ? null : (
        <Switch
          label={t("plans.trial.heardLately")}
          checked={form.heardLately}
          onChange={(event) => set({ heardLately: event.currentTarget.checked })}
          data-testid="trial-heard"
        />
      )}
    </div>
  );
}

function Presses({ plan, form, setForm }: TrialCallerProps) {
  const { t } = useTranslation();
  const words = useWords();
  const steps = stepsWithKeys(plan);
  const set = (presses: Press[]) => setForm((now) => ({ ...now, presses }));
  const next = steps.find((name) => !form.presses.some((press) => press.step === name)) ?? steps[0];
  const chevron = <ChevronDown size={16} aria-hidden="true" />;
  return (
    <fieldset className={styles.choices}>
      <legend>{t("plans.trial.presses")}</legend>
      {form.presses.length === 0 ? <p className={styles.hint}>{t("plans.trial.pressNone")}</p> : null}
      {form.presses.map((press, index) => (
        <div key={index} className={styles.press} data-testid="trial-press">
          <NativeSelect
            label={t("plans.trial.pressStep")}
            rightSection={chevron}
            value={press.step ?? ""}
            data={[
              { value: "", label: t("plans.trial.pressBegin") },
              ...steps.map((name) => ({ value: name, label: stepTitle(words, name, plan.steps[name]) })),
            ]}
            onChange={(event) => {
              const step = event.currentTarget.value === "" ? null : event.currentTarget.value;
              set(form.presses.with(index, { ...press, step }));
            }}
            data-testid="trial-press-step"
          />
          <NativeSelect
            label={t("plans.trial.pressKey")}
            rightSection={chevron}
            value={press.digit}
            data={[...KEYS]}
            onChange={(event) => set(form.presses.with(index, { ...press, digit: event.currentTarget.value }))}
            data-testid="trial-press-key"
          />
          <AmountInput
            label={t("plans.trial.pressAfter")}
            unit="s"
            value={press.after_s}
            onChange={(after_s) => set(form.presses.with(index, { ...press, after_s }))}
            testid="trial-press-after"
          />
          <Remove label={t("plans.trial.pressRemove")} onClick={() => set(form.presses.toSpliced(index, 1))} />
        </div>
      ))}
      <Button
        size="xs"
        variant="default"
        leftSection={<Plus size={15} aria-hidden="true" />}
        disabled={next === undefined}
        onClick={() => {
          if (next === undefined) return;
          set([...form.presses, { step: next, digit: usualKey(plan, next), after_s: USUAL_PRESS_S }]);
        }}
        data-testid="trial-press-add"
      >
        {t("plans.trial.pressAdd")}
      </Button>
    </fieldset>
  );
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <ActionIcon variant="subtle" color="gray" size={36} aria-label={label} title={label} onClick={onClick}>
      <X size={17} aria-hidden="true" />
    </ActionIcon>
  );
}
