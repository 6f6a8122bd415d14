import { Button, NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDepartments, useNumbers } from "../admin/office";
import { AskBeforeLeaving } from "../admin/SaveBar";
import { useZone } from "../history/history";
import { LANGUAGES } from "../i18n";
import { DeedTrouble } from "./ChooseSome";
import { troubleText } from "./deeds";
import { draftOf, EVERY, GROUPS, problemsOf, problemText, type Report, refusedOf, useWriteReport } from "./reports";
import styles from "./System.module.css";
import { useDraft } from "./useDraft";

const MONDAY = new Date(Date.UTC(2024, 0, 1));
const LAST_MONTH_DAY = 28;

interface ReportFormProps {
  /** null: a new one. */
  report: Report | null;
  onClose: (saved: boolean) => void;
}

/** A report, whole. What was typed stays there until it is saved or given up. */
export function ReportForm({ report, onClose }: ReportFormProps) {
  const { t, i18n } = useTranslation();
  const zone = useZone();
  const [saved] = useState(() => draftOf(report, i18n.language, zone));
  const writing = useWriteReport(report?.id ?? null);
  const { draft, set, own, tried, form, leaving, save } = useDraft(saved, problemsOf, writing, () => onClose(true));
  const numbers = useNumbers().data ?? [];
  const departments = useDepartments().data ?? [];
  const refused = refusedOf(writing.error);
  const wrong: Record<string, string> = tried ? { ...refused, ...own } : {};
  const said = (field: string): string | undefined =>
    wrong[field] === undefined ? undefined : problemText(t, wrong[field]);
  const id = (value: string): number | null => (value === "" ? null : Number(value));
  const weekday = new Intl.DateTimeFormat(i18n.language, { weekday: "long", timeZone: "UTC" });
  const zones = [...new Set([draft.zone, ...Intl.supportedValuesOf("timeZone")])];
  const arrow = <ChevronDown size={16} aria-hidden="true" />;

  return (
    <form
      ref={form}
      className={styles.form}
      onSubmit={save}
      noValidate
      aria-labelledby="report-form-title"
      data-testid="report-form"
    >
      <AskBeforeLeaving leaving={leaving} />
      <h2 id="report-form-title">{report === null ? t("reports.add") : t("reports.edit", { name: report.name })}</h2>
      <div className={styles.fields}>
        <TextInput
          label={t("reports.name")}
          description={t("reports.nameHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.name}
          error={said("name")}
          autoComplete="off"
          autoFocus
          onChange={(event) => set({ name: event.currentTarget.value })}
          data-testid="report-name"
        />
        <Textarea
          label={t("reports.recipients")}
          description={t("reports.recipientsHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          rows={2}
          value={draft.recipients}
          error={said("recipients")}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => set({ recipients: event.currentTarget.value })}
          data-testid="report-recipients"
        />
      </div>
      <Switch
        size="sm"
        label={t("reports.csv")}
        checked={draft.csv}
        onChange={(event) => set({ csv: event.currentTarget.checked })}
        data-testid="report-csv"
      />
      <div className={styles.fields}>
        <NativeSelect
          label={t("reports.every")}
          rightSection={arrow}
          data={EVERY.map((value) => ({ value, label: t(`reports.everies.${value}`) }))}
          value={draft.every}
          onChange={({ currentTarget: { value } }) =>
            set({ every: EVERY.find((known) => known === value) ?? draft.every })
          }
          data-testid="report-every"
        />
        {draft.every === "week" ? (
          <NativeSelect
            label={t("reports.weekday")}
            rightSection={arrow}
            data={Array.from({ length: 7 }, (_, day) => ({
              value: String(day),
              label: weekday.format(MONDAY.getTime() + day * 86_400_000),
            }))}
            value={String(draft.weekday)}
            onChange={(event) => set({ weekday: Number(event.currentTarget.value) })}
            data-testid="report-weekday"
          />
        ) : null}
        {draft.every === "month" ? (
          <NativeSelect
            label={t("reports.monthDay")}
            rightSection={arrow}
            data={Array.from({ length: LAST_MONTH_DAY }, (_, day) => String(day + 1))}
            value={String(draft.month_day)}
            onChange={(event) => set({ month_day: Number(event.currentTarget.value) })}
            data-testid="report-month-day"
          />
        ) : null}
        <TextInput
          type="time"
          label={t("reports.time")}
          value={draft.time}
          error={said("time")}
          onChange={(event) => set({ time: event.currentTarget.value })}
          data-testid="report-time"
        />
        <NativeSelect
          label={t("reports.zone")}
          rightSection={arrow}
          data={zones}
          value={draft.zone}
          error={said("zone")}
          onChange={(event) => set({ zone: event.currentTarget.value })}
        />
        <NativeSelect
          label={t("reports.language")}
          rightSection={arrow}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          value={draft.language}
          error={said("language")}
          onChange={(event) => set({ language: event.currentTarget.value })}
        />
        <NativeSelect
          label={t("reports.by")}
          rightSection={arrow}
          data={GROUPS.map((value) => ({ value, label: t(`reports.groups.${value}`) }))}
          value={draft.by}
          onChange={({ currentTarget: { value } }) => set({ by: GROUPS.find((known) => known === value) ?? draft.by })}
        />
        <NativeSelect
          label={t("reports.number")}
          rightSection={arrow}
          data={[
            { value: "", label: t("reports.all") },
            ...numbers.map((each) => ({ value: String(each.id), label: each.label })),
          ]}
          value={draft.number_id === null ? "" : String(draft.number_id)}
          error={said("number_id")}
          onChange={(event) => set({ number_id: id(event.currentTarget.value) })}
        />
        <NativeSelect
          label={t("reports.department")}
          rightSection={arrow}
          data={[
            { value: "", label: t("reports.all") },
            ...departments.map((each) => ({ value: String(each.id), label: each.name })),
          ]}
          value={draft.department_id === null ? "" : String(draft.department_id)}
          error={said("department_id")}
          onChange={(event) => set({ department_id: id(event.currentTarget.value) })}
        />
      </div>
      <DeedTrouble
        words={writing.error === null || Object.keys(refused).length > 0 ? null : troubleText(t, writing.error)}
      />
      <div className={styles.buttons}>
        <Button type="submit" size="sm" loading={writing.isPending} data-testid="report-save">
          {t(report === null ? "reports.create" : "reports.save")}
        </Button>
        <Button size="sm" variant="default" onClick={() => onClose(false)} data-testid="report-close">
          {t("system.close")}
        </Button>
      </div>
    </form>
  );
}
