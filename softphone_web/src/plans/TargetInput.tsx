import { NativeSelect } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Change } from "./edit";
import { useWords } from "./page";
import { inOrder, KINDS, led, type Plan } from "./plan";
import { stepTitle } from "./words";

interface TargetInputProps {
  label: string;
  plan: Plan;
  /** The step whose way out this is, and the field of it. */
  name: string;
  field: string;
  value: string;
  error?: string | undefined;
  change: (what: Change) => void;
}

const NEW = "new:";

/** Where a way out leads: to any other step, or to a new one that is made with it. */
export function TargetInput({ label, plan, name, field, value, error, change }: TargetInputProps) {
  const { t } = useTranslation();
  const words = useWords();
  const steps = inOrder(plan).filter((other) => other !== name || other === value);
  const missing = Object.hasOwn(plan.steps, value) ? [] : [{ value, label: stepTitle(words, value, undefined) }];

  function lead(to: string): void {
    const step = plan.steps[name];
    const kind = KINDS.find((known) => to === NEW + known);
    if (kind !== undefined) change({ type: "step_added", kind, after: name, field });
    else if (step !== undefined) change({ type: "step_changed", step: name, to: led(step, field, to) });
  }

  return (
    <NativeSelect
      label={label}
      error={error}
      rightSection={<ChevronDown size={16} aria-hidden="true" />}
      value={value}
      data={[
        {
          group: t("plans.groupSteps"),
          items: [
            ...missing,
            ...steps.map((other) => ({ value: other, label: stepTitle(words, other, plan.steps[other]) })),
          ],
        },
        {
          group: t("plans.groupNew"),
          items: KINDS.map((kind) => ({
            value: NEW + kind,
            label: t("plans.newStep", { kind: t(`plans.kind.${kind}`) }),
          })),
        },
      ]}
      onChange={(event) => lead(event.currentTarget.value)}
      data-testid={`field-${field}`}
    />
  );
}
