import { Radio, TextInput } from "@mantine/core";
import "@mantine/core/styles/Radio.css";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Person, useDepartments, usePeople } from "../admin/office";
import { FieldProblem, Ticks } from "../system/ChooseSome";
import styles from "./Number.module.css";
import type { Draft } from "./settings";

/** With so many people a list is looked through by letters. */
const MANY = 12;

interface OperatorsOfProps {
  draft: Draft;
  set: (to: Partial<Draft>) => void;
  wrong: (field: string) => string | undefined;
}

/** Who works with the number: the people of its department, or the departments and single users that it names. */
export function OperatorsOf({ draft: { operators }, set, wrong }: OperatorsOfProps) {
  const { t } = useTranslation();
  const departments = useDepartments().data ?? [];
  return (
    <section aria-labelledby="number-operators" data-testid="number-operators">
      <h2 id="number-operators">{t("number.operators.title")}</h2>
      <p className={styles.hint}>{t("number.operators.hint")}</p>
      <Radio
        size="sm"
        label={t("number.operators.department")}
        checked={operators === null}
        onChange={() => set({ operators: null })}
        name="operators"
        data-testid="operators-department"
      />
      <Radio
        size="sm"
        label={t("number.operators.these")}
        checked={operators !== null}
        onChange={() => set({ operators: { department_ids: [], agent_ids: [] } })}
        name="operators"
        data-testid="operators-these"
      />
      {operators === null ? null : (
        <>
          <h3>{t("number.operators.departments")}</h3>
          <div data-testid="operators-departments">
            <Ticks
              choices={departments.map(({ id, name }) => ({ key: id, label: name }))}
              chosen={operators.department_ids}
              onChange={(department_ids) => set({ operators: { ...operators, department_ids } })}
            />
          </div>
          <h3>{t("number.operators.people")}</h3>
          <People
            chosen={operators.agent_ids}
            onChange={(agent_ids) => set({ operators: { ...operators, agent_ids } })}
          />
        </>
      )}
      <FieldProblem words={wrong("operators")} />
    </section>
  );
}

function People({ chosen, onChange }: { chosen: number[]; onChange: (chosen: number[]) => void }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState("");
  const people = usePeople().data ?? [];
  const shown =
    people.length <= MANY ? people : people.filter((one) => chosen.includes(one.agent_id) || has(one, wanted));
  return (
    <div data-testid="operators-people">
      {people.length <= MANY ? null : (
        <TextInput
          size="sm"
          label={t("number.operators.search")}
          value={wanted}
          autoComplete="off"
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      <Ticks
        choices={shown.map(({ agent_id, name }) => ({ key: agent_id, label: name }))}
        chosen={chosen}
        onChange={onChange}
      />
    </div>
  );
}

function has({ name }: Person, letters: string): boolean {
  const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return letters.trim() !== "" && plain(name).includes(plain(letters.trim()));
}
