import { Switch, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Loading, NumberPage } from "../admin/NumberPage";
import { SaveBar } from "../admin/SaveBar";
import { DraftNotices, useWholeDraft } from "../admin/WholeDraft";
import { Alerts } from "../standing/Alerts";
import { useFirstWrong } from "../system/useDraft";
import { Access } from "./Access";
import { AtMeta } from "./AtMeta";
import { Balance } from "./Balance";
import { DepartmentSelect } from "./DepartmentSelect";
import { End } from "./End";
import { Guard } from "./Guard";
import { Limits } from "./Limits";
import styles from "./Number.module.css";
import { OperatorsOf } from "./OperatorsOf";
import { Standing } from "./Standing";
import {
  type Changed,
  changesOf,
  type Draft,
  draftOf,
  formOf,
  gapsOf,
  type NumberSettings,
  refusedFields,
  useRecordingRules,
  useSaveSettings,
  useSettings,
} from "./settings";
import { countryName, problemText } from "./words";

/** One number as a whole: its names, its switches, what Meta has of it, and how it stands there. */
export function NumberSettingsPage() {
  return <NumberPage page="settings">{(number) => <SettingsOf key={number.id} number={number.id} />}</NumberPage>;
}

function SettingsOf({ number }: { number: number }) {
  const stored = useSettings(number);
  if (stored.data === undefined) return <Loading query={stored} />;
  return <SettingsForm stored={stored.data} />;
}

function SettingsForm({ stored }: { stored: NumberSettings }) {
  const { t } = useTranslation();
  const whole = useWholeDraft(
    "settings",
    stored.id,
    stored,
    draftOf,
    (saved, draft) => changesOf(saved, draft).length === 0,
  );
  const { saved, draft, version, unsaved } = whole;
  const save = useSaveSettings(stored.id);
  const { form, look } = useFirstWrong<HTMLDivElement>();
  const changes = changesOf(saved, draft);
  const gaps = gapsOf(draft, stored);
  const hasGaps = Object.keys(gaps).length > 0;
  const refused = unsaved ? refusedFields(save.error) : {};
  const set = (to: Partial<Draft>) => whole.set((now) => ({ ...now, ...to }));
  const wrong = (field: string) => problemText(t, gaps[field] ?? refused[field]);
  const words = (which: Changed[]) => which.map((name) => t(`number.changed.${name}`)).join(", ");

  function saveAt(at: number): void {
    if (hasGaps) look();
    else save.mutate(formOf(draft, stored, at), { onSuccess: whole.follow, onError: look });
  }

  return (
    <div ref={form} className={styles.form}>
      <DraftNotices
        whole={whole}
        isSaving={save.isPending}
        differences={(theirs) => words(changesOf(draft, draftOf(theirs)))}
        saveAt={saveAt}
      />
      <Alerts number={stored.id} alerts={stored.alerts} here />
      <Identity stored={stored} draft={draft} set={set} wrong={wrong} />
      <OperatorsOf draft={draft} set={set} wrong={wrong} />
      <Switches stored={stored} draft={draft} set={set} />
      <AtMeta stored={stored} draft={draft} unsaved={unsaved} set={set} wrong={wrong} />
      <Standing stored={stored} />
      <Guard number={stored.id} />
      <Balance number={stored.id} />
      <Access stored={stored} />
      <Limits stored={stored} draft={draft} set={set} wrong={wrong} />
      <End stored={stored} />
      <SaveBar
        unsaved={unsaved ? words(changes) : null}
        saving={save}
        onSave={() => saveAt(version)}
        undo={unsaved ? () => whole.set(saved) : undefined}
      >
        {unsaved && hasGaps ? <p data-testid="settings-problems">{t("admin.problems")}</p> : null}
      </SaveBar>
    </div>
  );
}

interface PartProps {
  stored: NumberSettings;
  draft: Draft;
  set: (to: Partial<Draft>) => void;
  wrong: (field: string) => string | undefined;
}

function Identity({ stored, draft, set, wrong }: PartProps) {
  const { t, i18n } = useTranslation();
  const recording = useRecordingRules(stored.id);
  return (
    <section aria-labelledby="number-identity">
      <h2 id="number-identity">{t("number.identity")}</h2>
      <div className={styles.fields}>
        <TextInput
          label={t("number.label")}
          description={t("number.labelHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.label}
          error={wrong("label")}
          autoComplete="off"
          onChange={(event) => set({ label: event.currentTarget.value })}
          data-testid="number-label"
        />
        <TextInput
          label={t("number.slug")}
          description={t("number.slugHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.slug}
          error={wrong("slug")}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => set({ slug: event.currentTarget.value })}
          data-testid="number-slug"
        />
        <DepartmentSelect
          value={draft.department}
          error={wrong("department_id")}
          choose={(department) => set({ department })}
          testid="number-department"
        />
      </div>
      <dl className={styles.facts}>
        <div>
          <dt>{t("number.phone")}</dt>
          <dd>{`+${stored.phone}`}</dd>
        </div>
        <div>
          <dt>{t("number.country")}</dt>
          <dd>{stored.country === null ? t("number.live.unknown") : countryName(stored.country, i18n.language)}</dd>
        </div>
        <div>
          <dt>{t("number.phoneNumberId")}</dt>
          <dd data-testid="number-pnid">{stored.phone_number_id}</dd>
        </div>
        <div>
          <dt>{t("number.waba")}</dt>
          <dd>{stored.waba_id}</dd>
        </div>
      </dl>
      {recording.data === undefined ? null : (
        <p className={styles.hint} data-testid="number-recording">
          {recording.data === 0 ? t("number.recordingNone") : t("number.recordingSome", { count: recording.data })}{" "}
          <Link to={`/numbers/${stored.id}/recording`}>{t("numbers.page.recording")}</Link>
        </p>
      )}
    </section>
  );
}

function Switches({ stored, draft, set }: Omit<PartProps, "wrong">) {
  const { t, i18n } = useTranslation();
  const { label, country, people } = stored;
  const closed = stored.limits.find(({ name }) => name === "countries_without_outbound")?.value;
  const forbidden = country !== null && Array.isArray(closed) && closed.includes(country);
  return (
    <section aria-labelledby="number-switches">
      <h2 id="number-switches">{t("number.switches")}</h2>
      <Switch
        size="md"
        label={t("number.inbound")}
        checked={draft.inbound}
        onChange={(event) => set({ inbound: event.currentTarget.checked })}
        data-testid="number-inbound"
      />
      {stored.inbound && !draft.inbound ? (
        <p className={styles.effect} data-testid="inbound-effect">
          {t("number.inboundOff", { count: people?.take ?? 0, label })}
        </p>
      ) : null}
      <Switch
        size="md"
        label={t("number.outbound")}
        checked={draft.outbound}
        onChange={(event) => set({ outbound: event.currentTarget.checked })}
        data-testid="number-outbound"
      />
      {stored.outbound && !draft.outbound ? (
        <p className={styles.effect}>{t("number.outboundOff", { count: people?.call ?? 0, label })}</p>
      ) : null}
      {draft.outbound && forbidden ? (
        <p className={styles.effect} data-testid="outbound-country">
          {t("number.outboundCountry", { country: countryName(country, i18n.language) })}
        </p>
      ) : null}
    </section>
  );
}
