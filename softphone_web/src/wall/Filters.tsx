import { Button, NativeSelect } from "@mantine/core";
import { FilterX } from "lucide-react";
import { useTranslation } from "react-i18next";
import styles from "./Wall.module.css";
import { CALL_STATES, isFiltered, type Wall, type Wish } from "./wall";

interface Props {
  wall: Wall;
  wish: Wish;
  choose: (changes: Partial<Wish>) => void;
  departmentOf: (id: number | null) => string;
}

export function Filters({ wall, wish, choose, departmentOf }: Props) {
  const { t } = useTranslation();
  const departments = departmentsOn(wall).map((id) => ({ value: String(id), label: departmentOf(id) }));
  const numbers = [...wall.numbers.values()].map((number) => ({
    value: String(number.number_id),
    label: number.label,
  }));
  const byLabel = (a: { label: string }, b: { label: string }) => a.label.localeCompare(b.label);
  return (
    <div className={styles.filters}>
      <NativeSelect
        aria-label={t("wall.filter.department")}
        value={String(wish.department ?? "")}
        onChange={({ currentTarget: { value } }) => choose({ department: value === "" ? null : Number(value) })}
        data={[{ value: "", label: t("wall.filter.allDepartments") }, ...departments.toSorted(byLabel)]}
        data-testid="wall-department"
      />
      <NativeSelect
        aria-label={t("wall.filter.number")}
        value={String(wish.number ?? "")}
        onChange={({ currentTarget: { value } }) => choose({ number: value === "" ? null : Number(value) })}
        data={[{ value: "", label: t("wall.filter.allNumbers") }, ...numbers.toSorted(byLabel)]}
        data-testid="wall-number-filter"
      />
      <NativeSelect
        aria-label={t("wall.filter.state")}
        value={wish.state ?? ""}
        onChange={({ currentTarget: { value } }) =>
          choose({ state: CALL_STATES.find((known) => known === value) ?? null })
        }
        data={[
          { value: "", label: t("wall.filter.allStates") },
          ...CALL_STATES.map((state) => ({ value: state, label: t(`wall.filter.states.${state}`) })),
        ]}
        data-testid="wall-state"
      />
      {isFiltered(wish) ? (
        <Button
          variant="subtle"
          size="sm"
          leftSection={<FilterX size={15} aria-hidden="true" />}
          onClick={() => choose({ department: null, number: null, state: null })}
          data-testid="wall-unfilter"
        >
          {t("wall.filter.none")}
        </Button>
      ) : null}
    </div>
  );
}

/** Those that something on the wall belongs to, and mine. */
function departmentsOn(wall: Wall): number[] {
  const found = new Set<number>(wall.departments ?? []);
  for (const { department_id } of wall.numbers.values()) if (department_id !== null) found.add(department_id);
  if (wall.departments === null) {
    for (const { departments } of wall.agents.values()) for (const id of departments) found.add(id);
  }
  return [...found];
}
