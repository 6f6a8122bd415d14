import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import { ChevronDown, Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Change } from "./edit";
import styles from "./PlanPage.module.css";
import { exitsOf, KEYS, type Menu, type Plan, type Queue } from "./plan";
import { TargetInput } from "./TargetInput";

interface ChoicesInputProps {
  plan: Plan;
  name: string;
  step: Menu | Queue;
  change: (what: Change) => void;
  wrong: (field: string) => string | undefined;
}

/** Which key leads where. */
export function ChoicesInput({ plan, name, step, change, wrong }: ChoicesInputProps) {
  const { t } = useTranslation();
  const choices = step.choices ?? {};
  const keys = exitsOf(step).flatMap(({ field }) => (field.startsWith("choices.") ? [field.slice(8)] : []));
  const free = KEYS.filter((key) => !keys.includes(key));
  const error = wrong("choices");
  const set = (to: Record<string, string>) => {
    const none = step.kind === "queue" && Object.keys(to).length === 0;
    change({ type: "step_changed", step: name, to: { ...step, choices: none ? null : to } as Menu | Queue });
  };
  const without = (key: string) => Object.fromEntries(Object.entries(choices).filter(([other]) => other !== key));
  return (
    <fieldset className={styles.choices} data-testid="field-choices">
      <legend>{t("plans.field.choices")}</legend>
      {keys.map((key) => (
        <div key={key} className={styles.choice}>
          <NativeSelect
            label={t("plans.choice.key")}
            rightSection={<ChevronDown size={16} aria-hidden="true" />}
            data={KEYS.filter((other) => other === key || free.includes(other))}
            value={key}
            onChange={(event) => set({ ...without(key), [event.currentTarget.value]: choices[key] ?? "" })}
            data-testid={`choice-key-${key}`}
          />
          <TargetInput
            label={t("plans.choice.to")}
            plan={plan}
            name={name}
            field={`choices.${key}`}
            value={choices[key] ?? ""}
            error={wrong(`choices.${key}`)}
            change={change}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={t("plans.choice.remove", { key })}
            title={t("plans.choice.remove", { key })}
            onClick={() => set(without(key))}
            data-testid={`choice-remove-${key}`}
          >
            <X size={17} aria-hidden="true" />
          </ActionIcon>
        </div>
      ))}
      {error === undefined ? null : (
        <p className={styles.problem} role="alert">
          {error}
        </p>
      )}
      <Button
        size="xs"
        variant="default"
        leftSection={<Plus size={15} aria-hidden="true" />}
        disabled={free.length === 0}
        onClick={() => {
          const [key] = free;
          if (key !== undefined) set({ ...choices, [key]: exitsOf(step).at(-1)?.to ?? plan.start });
        }}
        data-testid="choice-add"
      >
        {t("plans.choice.add")}
      </Button>
    </fieldset>
  );
}
