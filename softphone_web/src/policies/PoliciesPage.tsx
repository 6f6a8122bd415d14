import { Button } from "@mantine/core";
import { Disc, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Loading, NumberPage } from "../admin/NumberPage";
import type { OfficeNumber } from "../admin/office";
import { Notice, SaveBar } from "../admin/SaveBar";
import { DraftNotices, useWholeDraft } from "../admin/WholeDraft";
import { Empty } from "../shell/Empty";
import styles from "./Policies.module.css";
import { Policy } from "./Policy";
import { type StoredPolicies, usePolicies, useSavePolicies } from "./policies";
import { differing, gapsOf, NEW_RULE, type Rule, same } from "./rules";

/** Which calls of a number are recorded, what of them, and for how long. */
export function PoliciesPage() {
  return <NumberPage page="recording">{(number) => <PoliciesOf key={number.id} number={number} />}</NumberPage>;
}

function PoliciesOf({ number }: { number: OfficeNumber }) {
  const stored = usePolicies(number.id);
  if (stored.data === undefined) return <Loading query={stored} />;
  return <PoliciesForm number={number} stored={stored.data} />;
}

function PoliciesForm({ number, stored }: { number: OfficeNumber; stored: StoredPolicies }) {
  const { t } = useTranslation();
  const whole = useWholeDraft("policies", number.id, stored, ({ rules }) => rules, same);
  const { saved, draft: rules, version, unsaved, set } = whole;
  const save = useSavePolicies(number.id);
  const gaps = gapsOf(rules);
  function saveAt(at: number): void {
    if (gaps.some((of_rule) => of_rule.length > 0)) return;
    save.mutate({ version: at, rules }, { onSuccess: whole.follow });
  }

  const add = (
    <Button
      variant="default"
      className={styles.add}
      leftSection={<Plus size={16} aria-hidden="true" />}
      onClick={() => set([...rules, NEW_RULE])}
      data-testid="policy-add"
    >
      {t("policies.add")}
    </Button>
  );

  return (
    <div className={styles.form}>
      <DraftNotices
        whole={whole}
        isSaving={save.isPending}
        differences={(theirs) => t("policies.theirs", { count: theirs.rules.length })}
        saveAt={saveAt}
      />
      {stored.readable ? null : (
        <Notice tone="warn" testid="policies-unreadable">
          {t("policies.unreadable")}
        </Notice>
      )}
      {rules.length === 0 ? (
        <Empty part icon={Disc} title={t("empty.title.policies")} words={t("policies.none")} testid="policies-none">
          {add}
        </Empty>
      ) : (
        <p className={styles.hint}>{t("policies.hint")}</p>
      )}
      {rules.map((rule, place) => (
        <Policy
          key={place}
          rule={rule}
          place={place}
          gaps={gaps[place] ?? []}
          set={(to) => set(rules.with(place, { ...rule, ...to }))}
          remove={() => set(rules.toSpliced(place, 1))}
        />
      ))}
      {rules.length === 0 ? null : add}
      <SaveBar
        unsaved={unsaved ? t("policies.changed", { numbers: changedIn(rules, saved) }) : null}
        saving={save}
        onSave={() => saveAt(version)}
        undo={unsaved ? () => set(saved) : undefined}
      />
    </div>
  );
}

/** The numbers of those that differ; of those that are saved and gone, the numbers they had. */
function changedIn(rules: readonly Rule[], saved: readonly Rule[]): string {
  const changed = differing(rules, saved);
  return (changed.length > 0 ? changed : differing(saved, rules)).map((place) => place + 1).join(", ");
}
