import { Checkbox, Radio } from "@mantine/core";
import "@mantine/core/styles/Radio.css";
import styles from "./System.module.css";

interface ChooseSomeProps<Key> {
  legend: string;
  all: string;
  only: string;
  choices: readonly { key: Key; label: string; small?: string | undefined }[];
  /** null: all of them. */
  chosen: readonly Key[] | null;
  error?: string | undefined;
  onChange: (chosen: Key[] | null) => void;
  testid: string;
}

/** All there are, or these. */
export function ChooseSome<Key extends string | number>(props: ChooseSomeProps<Key>) {
  const { legend, all, only, choices, chosen, error, onChange, testid } = props;
  return (
    <fieldset className={styles.group} data-wrong={error !== undefined} data-testid={testid}>
      <legend>{legend}</legend>
      <div className={styles.either}>
        <Radio size="sm" label={all} checked={chosen === null} onChange={() => onChange(null)} name={testid} />
        <Radio
          size="sm"
          label={only}
          checked={chosen !== null}
          onChange={() => onChange([])}
          name={testid}
          data-testid={`${testid}-only`}
        />
      </div>
      {chosen === null ? null : <Ticks choices={choices} chosen={chosen} onChange={onChange} />}
      <FieldProblem words={error} />
    </fieldset>
  );
}

interface TicksProps<Key> {
  choices: readonly { key: Key; label: string; small?: string | undefined }[];
  chosen: readonly Key[];
  onChange: (chosen: Key[]) => void;
}

export function Ticks<Key extends string | number>({ choices, chosen, onChange }: TicksProps<Key>) {
  return (
    <div className={styles.ticks}>
      {choices.map(({ key, label, small }) => (
        <Checkbox
          key={key}
          size="sm"
          label={label}
          description={small}
          checked={chosen.includes(key)}
          onChange={(event) =>
            onChange(event.currentTarget.checked ? [...chosen, key] : chosen.filter((other) => other !== key))
          }
          data-testid={`tick-${key}`}
        />
      ))}
    </div>
  );
}

export function FieldProblem({ words }: { words: string | undefined }) {
  return words === undefined ? null : (
    <p role="alert" className={styles.trouble} data-testid="field-problem">
      {words}
    </p>
  );
}

/** What went wrong beside no field. */
export function DeedTrouble({ words }: { words: string | null }) {
  return words === null ? null : (
    <p role="alert" className={styles.trouble} data-testid="deed-trouble">
      {words}
    </p>
  );
}
