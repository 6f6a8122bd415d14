import { NativeSelect } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDepartments } from "../admin/office";

interface DepartmentSelectProps {
  /** A department's id; empty: none. */
  value: string;
  error: string | undefined;
  choose: (department: string) => void;
  testid: string;
}

/** Who is rung when a number has no plan of its own. */
export function DepartmentSelect({ value, error, choose, testid }: DepartmentSelectProps) {
  const { t } = useTranslation();
  const departments = useDepartments();
  return (
    <NativeSelect
      label={t("number.department")}
      rightSection={<ChevronDown size={16} aria-hidden="true" />}
      data={[
        { value: "", label: t("number.noDepartment") },
        ...(departments.data ?? []).map(({ id, name }) => ({ value: String(id), label: name })),
      ]}
      value={value}
      error={error}
      onChange={(event) => choose(event.currentTarget.value)}
      data-testid={testid}
    />
  );
}
