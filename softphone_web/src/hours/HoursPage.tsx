import { Button, NativeSelect, Switch } from "@mantine/core";
import { CalendarClock, ChevronDown } from "lucide-react";
import { memo, useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useKeptDraft } from "../admin/draft";
import { Loading, NumberPage } from "../admin/NumberPage";
import type { OfficeNumber } from "../admin/office";
import { AskBeforeLeaving, Meanwhile, Notice, SaveBar } from "../admin/SaveBar";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { accountZone } from "../i18n/zone";
import { Empty } from "../shell/Empty";
import { useAskBeforeLeaving } from "../shell/leaving";
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

interface Typed {
  version: number;
  saved: Draft;
  draft: Draft;
}

function HoursForm({ number, stored }: { number: OfficeNumber; stored: StoredHours }) {
  const { t } = useTranslation();
  const { kept, note } = useKeptDraft<Typed>("hours", number.id);
  const [version, setVersion] = useState(kept?.version ?? stored.version);
  const [saved, setSaved] = useState(() => kept?.saved ?? draftOf(stored.schedule, stored.tell_meta, accountZone()));
  const [draft, setDraft] = useState(kept?.draft ?? saved);
  const check = useHoursCheck(number.id, draft);
  const save = useSaveHours(number.id);
  const changes = changesOf(saved, draft);
  const unsaved = changes.length > 0;
  const leaving = useAskBeforeLeaving(unsaved, () => note(undefined));
  useEffect(() => note(unsaved ? { version, saved, draft } : undefined));
  const theirs = stored.version === version ? null : stored;
  const set = (to: Partial<Draft>) => setDraft((now) => ({ ...now, ...to }));
  const wrong = (field: string): string | undefined =>
    check.problems
      .filter((problem) => problem.field === field)
      .map((problem) => hoursProblem(t, problem))
      .join(" ") || undefined;

  const setZone = useCallback((zone: string) => setDraft((now) => ({ ...now, zone })), []);

  function follow(other: StoredHours): void {
    const fresh = draftOf(other.schedule, other.tell_meta, accountZone());
    setVersion(other.version);
    setSaved(fresh);
    setDraft(fresh);
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: follows what others save while nothing is lost by it
  useEffect(() => {
    if (theirs !== null && !unsaved) follow(theirs);
  }, [theirs, unsaved]);

  function saveAt(at: number): void {
    if (check.problems.length > 0) return;
    save.mutate({ draft, version: at }, { onSuccess: follow });
  }

  return (
    <div className={styles.form}>
      <AskBeforeLeaving leaving={leaving} />
      {theirs === null || !unsaved || save.isPending ? null : (
        <Meanwhile
          by={theirs.changed_by}
          at={theirs.changed_at}
          differences={changesText(t, changesOf(draft, draftOf(theirs.schedule, theirs.tell_meta, accountZone())))}
          onTheirs={() => follow(theirs)}
          onMine={() => saveAt(theirs.version)}
        />
      )}
      {kept !== undefined && unsaved ? (
        <Notice tone="info" testid="hours-kept">
          {t("admin.keptFromBefore")}
        </Notice>
      ) : null}
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
        unsaved={unsaved ? changesText(t, changes) : null}
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
