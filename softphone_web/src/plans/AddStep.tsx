import { NativeSelect } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useWords } from "./page";
import { KINDS, type Kind, type Plan } from "./plan";
import { stepTitle } from "./words";

interface AddStepProps {
  plan: Plan;
  chosen: string | null;
  onAdd: (kind: Kind, after: string | null) => void;
}

/** A new step goes behind the chosen one; behind an end it stands alone at first. */
export function AddStep({ plan, chosen, onAdd }: AddStepProps) {
  const { t } = useTranslation();
  const words = useWords();
  const step = chosen === null ? undefined : plan.steps[chosen];
  const after = step === undefined || step.kind === "hang_up" ? null : chosen;
  return (
    <NativeSelect
      label={t("plans.add")}
      description={after === null ? t("plans.addAlone") : t("plans.addAfter", { step: stepTitle(words, after, step) })}
      rightSection={<ChevronDown size={16} aria-hidden="true" />}
      value=""
      data={[
        { value: "", label: t("none"), disabled: true },
        ...KINDS.map((kind) => ({ value: kind, label: t(`plans.kind.${kind}`) })),
      ]}
      onChange={(event) => {
        const kind = KINDS.find((known) => known === event.currentTarget.value);
        if (kind !== undefined) onAdd(kind, after);
      }}
      data-testid="add-step"
    />
  );
}
