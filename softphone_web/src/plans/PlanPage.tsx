import { Loader } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Loading, NumberPage } from "../admin/NumberPage";
import { type OfficeNumber, useDepartments, usePeople } from "../admin/office";
import { soundNames, useSounds } from "../sounds/sounds";
import { PlanEditor } from "./PlanEditor";
import { PlanPageContext } from "./page";
import { usePlan } from "./plans";
import type { Names } from "./words";

/** What becomes of customers who call a number: drawn, changed, tried and saved. */
export function PlanPage() {
  return <NumberPage page="plan">{(number) => <PlanOf key={number.id} number={number} />}</NumberPage>;
}

function PlanOf({ number }: { number: OfficeNumber }) {
  const { t } = useTranslation();
  const stored = usePlan(number.id);
  const departments = useDepartments();
  const people = usePeople();
  const sounds = useSounds();
  const page = useMemo(() => {
    if (sounds.data === undefined) return null;
    const names: Names = {
      departments: new Map(departments.data?.map(({ id, name }) => [id, name])),
      agents: new Map(people.data?.map(({ agent_id, name }) => [agent_id, name])),
      sounds: soundNames(t, sounds.data),
    };
    return { names, sounds: sounds.data };
  }, [departments.data, people.data, sounds.data, t]);
  if (stored.data === undefined) return <Loading query={stored} />;
  if (sounds.isError && sounds.data === undefined) return <Loading query={sounds} />;
  if (page === null || departments.isPending || people.isPending)
    return <Loader size="sm" aria-label={t("shell.loading")} />;
  return (
    <PlanPageContext value={page}>
      <PlanEditor number={number.id} stored={stored.data} />
    </PlanPageContext>
  );
}
