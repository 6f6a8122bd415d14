import { Button, Checkbox, NativeSelect, NumberInput, Switch } from "@mantine/core";
import { ChevronDown, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDepartments } from "../admin/office";
import styles from "./Policies.module.css";
import { DIRECTIONS, type Gap, KEYS, LONGEST_ANSWER_S, LONGEST_KEPT_DAYS, PARTS, type Rule, WHEN } from "./rules";

interface Props {
  rule: Rule;
  place: number;
  gaps: readonly Gap[];
  set: (to: Partial<Rule>) => void;
  remove: () => void;
}

const ANY = "";
const USUAL_DAYS = 90;
const DOWN = <ChevronDown size={16} aria-hidden="true" />;

/** One policy: for which calls, when they are recorded, what of them is kept, and for how long. */
export function Policy({ rule, place, gaps, set, remove }: Props) {
  const { t } = useTranslation();
  const departments = useDepartments().data ?? [];
  const wrong = (gap: Gap) => (gaps.includes(gap) ? t(`policies.gap.${gap}`) : undefined);
  const title = t("policies.title", { number: place + 1 });
  return (
    <section aria-label={title} data-testid="policy" data-when={rule.when}>
      <div className={styles.head}>
        <h2>{title}</h2>
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          onClick={remove}
          leftSection={<Trash2 size={16} aria-hidden="true" />}
          aria-label={t("policies.removeOne", { number: place + 1 })}
          data-testid="policy-remove"
        >
          {t("policies.remove")}
        </Button>
      </div>
      <div className={styles.row}>
        <NativeSelect
          label={t("policies.direction")}
          rightSection={DOWN}
          error={wrong("twice")}
          value={rule.direction ?? ANY}
          data={[
            { value: ANY, label: t("policies.bothDirections") },
            ...DIRECTIONS.map((value) => ({ value, label: t(`policies.of.${value}`) })),
          ]}
          onChange={({ currentTarget: { value } }) =>
            set({ direction: DIRECTIONS.find((direction) => direction === value) ?? null })
          }
          data-testid="policy-direction"
        />
        <NativeSelect
          label={t("policies.department")}
          rightSection={DOWN}
          value={rule.department_id ?? ANY}
          data={[
            { value: ANY, label: t("policies.allDepartments") },
            ...departments.map(({ id, name }) => ({ value: String(id), label: name })),
          ]}
          onChange={({ currentTarget: { value } }) => set({ department_id: value === ANY ? null : Number(value) })}
          data-testid="policy-department"
        />
        <NativeSelect
          label={t("policies.when")}
          rightSection={DOWN}
          value={rule.when}
          data={WHEN.map((value) => ({ value, label: t(`policies.is.${value}`) }))}
          onChange={({ currentTarget: { value } }) => set({ when: WHEN.find((when) => when === value) ?? rule.when })}
          data-testid="policy-when"
        />
      </div>
      {rule.when === "after_consent" ? <Consent rule={rule} set={set} error={wrong("answer_s")} /> : null}
      {rule.when === "never" ? null : (
        <fieldset className={styles.parts}>
          <legend>{t("policies.parts")}</legend>
          {PARTS.map((part) => (
            <Checkbox
              key={part}
              label={t(`policies.part.${part}`)}
              checked={rule[part]}
              onChange={(event) => set({ [part]: event.currentTarget.checked })}
              data-testid={`policy-${part}`}
            />
          ))}
          <p className={styles.hint}>{t("policies.partsHint")}</p>
        </fieldset>
      )}
      <Keeping rule={rule} set={set} error={wrong("keep_days")} />
    </section>
  );
}

interface PartProps {
  rule: Rule;
  set: (to: Partial<Rule>) => void;
  error: string | undefined;
}

function Consent({ rule, set, error }: PartProps) {
  const { t } = useTranslation();
  const byKey = rule.agreement === "key";
  return (
    <div className={styles.row}>
      <NativeSelect
        label={t("policies.agreement")}
        rightSection={DOWN}
        value={rule.agreement}
        data={(["key", "staying"] as const).map((value) => ({ value, label: t(`policies.agrees.${value}`) }))}
        onChange={({ currentTarget: { value } }) => set({ agreement: value === "key" ? "key" : "staying" })}
        data-testid="policy-agreement"
      />
      {byKey ? (
        <>
          <NativeSelect
            label={t("policies.key")}
            rightSection={DOWN}
            value={rule.agree_key}
            data={[...KEYS]}
            onChange={(event) => set({ agree_key: event.currentTarget.value })}
            data-testid="policy-key"
          />
          <NumberInput
            label={t("policies.answer")}
            error={error}
            value={rule.answer_s}
            min={1}
            max={LONGEST_ANSWER_S}
            onChange={(value) => set({ answer_s: Number(value) })}
            data-testid="policy-answer"
          />
        </>
      ) : null}
    </div>
  );
}

function Keeping({ rule, set, error }: PartProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.row}>
      <Switch
        label={t("policies.forEver")}
        checked={rule.keep_days === null}
        onChange={(event) => set({ keep_days: event.currentTarget.checked ? null : USUAL_DAYS })}
        data-testid="policy-for-ever"
      />
      {rule.keep_days === null ? null : (
        <NumberInput
          label={t("policies.days")}
          description={t("policies.daysHint")}
          error={error}
          value={rule.keep_days}
          min={1}
          max={LONGEST_KEPT_DAYS}
          onChange={(value) => set({ keep_days: Number(value) })}
          data-testid="policy-days"
        />
      )}
      {rule.when === "never" ? null : (
        <Switch
          label={t("policies.journal")}
          checked={rule.keep_journal}
          onChange={(event) => set({ keep_journal: event.currentTarget.checked })}
          data-testid="policy-journal"
        />
      )}
    </div>
  );
}
