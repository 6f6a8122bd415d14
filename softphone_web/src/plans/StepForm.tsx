import { Button, NativeSelect, TextInput } from "@mantine/core";
import { ChevronDown, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AmountInput } from "./AmountInput";
import { ChoicesInput } from "./ChoicesInput";
import { type Change, canRemove } from "./edit";
import { type Field, fieldsOf, fieldValue, withValue } from "./fields";
import styles from "./PlanPage.module.css";
import { usePage, useWords } from "./page";
import { KEYS, ORDERS, type Plan, REASONS, type Step } from "./plan";
import { byField, type Problem } from "./problems";
import { SoundInput } from "./SoundInput";
import { TargetInput } from "./TargetInput";
import { exitLabel, problemText } from "./words";

interface StepFormProps {
  plan: Plan;
  name: string;
  step: Step;
  problems: readonly Problem[];
  window_s: number;
  change: (what: Change) => void;
}

/** Everything that can be said of the chosen step, each problem beside its field. */
export function StepForm({ plan, name, step, problems, window_s, change }: StepFormProps) {
  const { t } = useTranslation();
  const words = useWords();
  const sorted = byField(problems, plan, name);
  const wrong = (field: string): string | undefined =>
    sorted
      .get(field)
      ?.map((problem) => problemText(words, problem, plan, window_s))
      .join(" ");
  const whole = wrong("");
  return (
    <>
      <p className={styles.hint}>{t(`plans.kindHint.${step.kind}`)}</p>
      {whole === undefined ? null : (
        <p className={styles.problem} role="alert" data-testid="step-problem">
          {whole}
        </p>
      )}
      <div className={styles.fields}>
        {fieldsOf(step).map((field) => (
          <FieldInput key={field.name} {...{ plan, name, step, field, change, wrong }} />
        ))}
      </div>
      <div className={styles.stepEnd}>
        <Rename plan={plan} name={name} change={change} />
        <Button
          variant="subtle"
          color="red"
          size="sm"
          leftSection={<Trash2 size={15} aria-hidden="true" />}
          disabled={!canRemove(plan, name)}
          onClick={() => change({ type: "step_removed", step: name })}
          data-testid="remove-step"
        >
          {t("plans.remove")}
        </Button>
        {canRemove(plan, name) ? null : <p className={styles.hint}>{t("plans.removeNot")}</p>}
      </div>
    </>
  );
}

interface FieldInputProps {
  plan: Plan;
  name: string;
  step: Step;
  field: Field;
  change: (what: Change) => void;
  wrong: (field: string) => string | undefined;
}

/** What their zero means. */
const HINTED = ["sticky_s", "once_in_min", "position_every_s"] as const;

function FieldInput({ plan, name, step, field, change, wrong }: FieldInputProps) {
  const { t } = useTranslation();
  const { names } = usePage();
  const value = fieldValue(step, field.name);
  const error = wrong(field.name);
  const testid = `field-${field.name}`;
  const set = (to: unknown, typed?: string) =>
    change({
      type: "step_changed",
      step: name,
      to: withValue(step, field.name, to),
      ...(typed === undefined ? {} : { typed }),
    });
  const choice = (data: { value: string; label: string }[], chosen: string, read: (text: string) => unknown) => (
    <NativeSelect
      label={t(`plans.field.${field.name}`)}
      error={error}
      rightSection={<ChevronDown size={16} aria-hidden="true" />}
      data={data}
      value={chosen}
      onChange={(event) => set(read(event.currentTarget.value))}
      data-testid={testid}
    />
  );
  switch (field.as) {
    case "amount": {
      const hinted = HINTED.find((known) => known === field.name);
      return (
        <AmountInput
          label={t(`plans.field.${field.name}`)}
          description={hinted && t(`plans.hint.${hinted}`)}
          unit={field.unit}
          value={typeof value === "number" ? value : ""}
          error={error}
          onChange={(to) => set(to, field.name)}
          testid={testid}
        />
      );
    }
    case "sound":
    case "farewell":
      return (
        <SoundInput
          label={t(`plans.field.${field.name}`)}
          value={typeof value === "string" ? value : null}
          nothing={field.as === "farewell" ? t("plans.noFarewell") : null}
          language={plan.language}
          error={error}
          onChange={(to) => set(to)}
          testid={testid}
        />
      );
    case "department":
    case "agent": {
      const known = field.as === "department" ? names.departments : names.agents;
      const nobody = t(field.as === "department" ? "plans.ownDepartment" : "plans.nobodyInParticular");
      const gone =
        typeof value === "number" && !known.has(value) ? [{ value: `${value}`, label: t("plans.gone") }] : [];
      const data = [...known].map(([id, label]) => ({ value: String(id), label }));
      return choice([{ value: "", label: nobody }, ...data, ...gone], value === null ? "" : String(value), (text) =>
        text === "" ? null : Number(text),
      );
    }
    case "order":
      return choice(
        ORDERS.map((order) => ({ value: order, label: t(`plans.order.${order}`) })),
        String(value),
        (text) => text,
      );
    case "reason":
      return choice(
        REASONS.map((reason) => ({ value: reason, label: t(`plans.reason.${reason}`) })),
        String(value),
        (text) => text,
      );
    case "key":
      return choice(
        KEYS.map((key) => ({ value: key, label: key })),
        String(value),
        (text) => text,
      );
    case "choices":
      return step.kind === "menu" || step.kind === "queue" ? (
        <ChoicesInput plan={plan} name={name} step={step} change={change} wrong={wrong} />
      ) : null;
    case "exit":
      return (
        <TargetInput
          label={exitLabel(t, step, field.name)}
          plan={plan}
          name={name}
          field={field.name}
          value={String(value)}
          error={error}
          change={change}
        />
      );
  }
}

const STEP_NAME = /^[A-Za-z0-9_-]{1,40}$/;

/** A name is taken over when it is finished, not while it is typed: it would be another step at every letter. */
function Rename({ plan, name, change }: Pick<StepFormProps, "plan" | "name" | "change">) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(name);
  const same = typed === name;
  const error = same
    ? undefined
    : !STEP_NAME.test(typed)
      ? t("plans.nameBad")
      : Object.hasOwn(plan.steps, typed)
        ? t("plans.nameTaken")
        : undefined;
  return (
    <form
      className={styles.rename}
      onSubmit={(event) => {
        event.preventDefault();
        if (!same && error === undefined) change({ type: "step_renamed", step: name, to: typed });
      }}
    >
      <TextInput
        label={t("plans.name")}
        description={t("plans.nameHint")}
        value={typed}
        error={error}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-testid="step-name"
      />
      {same ? null : (
        <Button type="submit" size="sm" variant="default" disabled={error !== undefined} data-testid="rename-step">
          {t("plans.rename")}
        </Button>
      )}
    </form>
  );
}
