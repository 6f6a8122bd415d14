import { NumberInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { readAmount } from "./fields";
import styles from "./PlanPage.module.css";
import type { Amount } from "./plan";
import { lasting } from "./words";

interface AmountInputProps {
  label: string;
  description?: string | undefined;
  unit: "s" | "min" | "times";
  value: Amount;
  error?: string | undefined;
  onChange: (to: Amount) => void;
  testid: string;
}

/** A number with its unit beside it; long times are said in minutes, too. Nothing that is typed is corrected. */
export function AmountInput({ label, description, unit, value, error, onChange, testid }: AmountInputProps) {
  const { t, i18n } = useTranslation();
  const seconds = value === "" ? 0 : value * (unit === "min" ? 60 : 1);
  const longer = unit !== "times" && seconds >= (unit === "min" ? 3_600 : 120) ? lasting(seconds, i18n.language) : null;
  return (
    <div className={styles.amount}>
      <NumberInput
        label={label}
        description={description}
        value={value}
        error={error}
        min={0}
        clampBehavior="none"
        allowNegative={false}
        hideControls
        onChange={(typed) => onChange(readAmount(typed))}
        rightSectionWidth={88}
        rightSectionPointerEvents="none"
        rightSection={<span className={styles.unit}>{t(`plans.unit.${unit}`)}</span>}
        data-testid={testid}
      />
      {longer === null ? null : <span className={styles.longer}>{`= ${longer}`}</span>}
    </div>
  );
}
