import { Button, NativeSelect, Switch } from "@mantine/core";
import { CalendarClock, ChevronDown } from "lucide-react";
import { memo, useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Loading, NumberPage } from "../admin/NumberPage";
import type { OfficeNumber } from "../admin/office";
import { Notice, SaveBar } from "../admin/SaveBar";
import { DraftNotices, useWholeDraft } from "../admin/WholeDraft";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { accountZone } from "../i18n/zone";
import { Empty } from "../shell/Empty";
import { AtMeta } from "./AtMeta";
import styles from "./HoursPage.module.css";
import { type StoredHours, useHours, useHoursCheck, useInbound, useSaveHours } from "./hours";
import { SpecialDays } from "./SpecialDays";
import { changesOf, type Draft, draftOf, zones } from "./schedule";
import { WeekForm } from "./WeekForm";
import { changesText, hoursProblem } from "./words";

/** When a number takes calls, and what Meta has of it. */
export function HoursPage() {
  return <NumberPage page="hours">{(number) => <HoursOf key={number.id} number={number} />}</NumberPage>;
}

function HoursOf({ number }: { number: OfficeNumber }) {
  const stored = useHours(number.id);
  if (stored.data === undefined) return <Loading query={stored} />;
  return <HoursForm number={number} stored={stored.data} />;
}

const draftNow = ({ schedule, tell_meta }: StoredHours): Draft => draftOf(schedule, tell_meta, accountZone());
const isSame = (saved: Draft, draft: Draft): boolean => changesOf(saved, draft).length === 0;

function HoursForm({ number, stored }: { number: OfficeNumber; stored: StoredHours }) {
  const { t } = useTranslation();
  const whole = useWholeDraft("hours", number.id, stored, draftNow, isSame);
  const { saved, draft, version, unsaved, set: setDraft } = whole;
  const check = useHoursCheck(number.id, draft);
  const save = useSaveHours(number.id);
  const set = (to: Partial<Draft>) => setDraft((now) => ({ ...now, ...to }));
  const wrong = (field: string): string | undefined =>
    check.problems
      .filter((problem) => problem.field === field)
      .map((problem) => hoursProblem(t, problem))
      .join(" ") || undefined;

  const setZone = useCallback((zone: string) => setDraft((now) => ({ ...now, zone })), [setDraft]);

  function saveAt(at: number): void {
    if (check.problems.length > 0) return;
    save.mutate({ draft, version: at }, { onSuccess: whole.follow });
  }

  return (
    <div className={styles.form}>
      <DraftNotices
        whole={whole}
        isSaving={save.isPending}
        differences={(theirs) => changesText(t, changesOf(draft, draftNow(theirs)))}
        saveAt={saveAt}
      />
      {stored.readable ? null : (
        <Notice tone="warn" testid="hours-unreadable">
          {t("hours.unreadable")}
        </Notice>
      )}
      <OpenNow stored={stored} />
      {stored.schedule === null && draft.always ? (
        <Empty part icon={CalendarClock} title={t("empty.title.hours")} words={t("hours.none")} testid="hours-none">
          <Button size="sm" variant="light" onClick={() => set({ always: false })} data-testid="hours-choose">
            {t("hours.choose")}
          </Button>
        </Empty>
      ) : null}
      <section aria-label={t("numbers.page.hours")}>
        <Inbound number={number} />
        <Switch
          size="md"
          label={t("hours.always")}
          checked={draft.always}
          onChange={(event) => set({ always: event.currentTarget.checked })}
          data-testid="hours-always"
        />
        {draft.always ? null : <ZoneSelect zone={draft.zone} error={wrong("zone")} onChange={setZone} />}
      </section>
      {draft.always ? null : (
        <>
          <WeekForm draft={draft} set={set} wrong={wrong} />
          <SpecialDays draft={draft} set={set} wrong={wrong} />
        </>
      )}
      <AtMeta number={number.id} stored={stored} unsaved={unsaved}>
        <Switch
          size="md"
          label={t("hours.tell")}
          description={t("hours.tellHint")}
          checked={draft.tell}
          onChange={(event) => set({ tell: event.currentTarget.checked })}
          data-testid="hours-tell"
        />
      </AtMeta>
      <SaveBar
        unsaved={unsaved ? changesText(t, changesOf(saved, draft)) : null}
        saving={save}
        onSave={() => saveAt(version)}
        undo={unsaved ? () => setDraft(saved) : undefined}
      >
        {unsaved ? (
          <p data-testid="hours-check" data-problems={check.problems.length}>
            {t(
              check.problems.length > 0
                ? "hours.problems.some"
                : check.checking
                  ? "hours.problems.checking"
                  : "hours.problems.none",
            )}
          </p>
        ) : null}
      </SaveBar>
    </div>
  );
}

function OpenNow({ stored }: { stored: StoredHours }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const { is_open, next_opening } = stored;
  return (
    <p className={styles.now} data-testid="hours-now" data-open={is_open}>
      <strong>{t(is_open ? "hours.now.open" : "hours.now.closed")}</strong>{" "}
      {is_open || next_opening === null
        ? null
        : t("hours.opensNext", {
            when: moment(Date.parse(next_opening) / 1000, now_s, i18n.language, stored.schedule?.zone),
          })}
    </p>
  );
}

interface ZoneSelectProps {
  zone: string;
  error: string | undefined;
  onChange: (zone: string) => void;
}

/** Hundreds of zones: not drawn again for every letter that is typed elsewhere. */
const ZoneSelect = memo(function ZoneSelect({ zone, error, onChange }: ZoneSelectProps) {
  const { t } = useTranslation();
  return (
    <NativeSelect
      className={styles.zone}
      label={t("hours.zone")}
      error={error}
      rightSection={<ChevronDown size={16} aria-hidden="true" />}
      data={zones(zone)}
      value={zone}
      onChange={(event) => onChange(event.currentTarget.value)}
      data-testid="hours-zone"
    />
  );
});

function Inbound({ number }: { number: OfficeNumber }) {
  const { t } = useTranslation();
  const inbound = useInbound(number.id);
  return (
    <Switch
      size="md"
      label={t("hours.inbound")}
      description={t("hours.inboundHint")}
      error={inbound.isError ? t("hours.inboundFailed") : undefined}
      checked={inbound.isPending ? inbound.variables : number.inbound_enabled}
      disabled={inbound.isPending}
      onChange={(event) => inbound.mutate(event.currentTarget.checked)}
      data-testid="hours-inbound"
    />
  );
}
