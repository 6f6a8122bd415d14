import { Button, NativeSelect, TextInput } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { useNamedPart } from "../standing/useNamedPart";
import styles from "./Number.module.css";
import { type Draft, type NumberSettings, type PlaceAtMeta, type PlaceName, useAct } from "./settings";
import { refusalText, valueText } from "./words";

interface AtMetaProps {
  stored: NumberSettings;
  draft: Draft;
  unsaved: boolean;
  set: (to: Partial<Draft>) => void;
  wrong: (field: string) => string | undefined;
}

/** What we want of Meta, what Meta has, what differs, and what Meta said to it, each beside its field. */
export function AtMeta({ stored, draft, unsaved, set, wrong }: AtMetaProps) {
  const { t, i18n } = useTranslation();
  useNamedPart("number-at-meta");
  const now_s = useNow_s();
  const tell = useAct(stored.id, "settings/sync");
  const { state, at, failure, places } = stored.at_meta;
  const of = (name: PlaceName) => places.find((place) => place.place === name);
  const ICON = ["shown", "hidden"] as const;
  const SWITCH = ["on", "off"] as const;
  return (
    <section aria-labelledby="number-at-meta" data-testid="number-at-meta" data-state={state}>
      <h2 id="number-at-meta">{t("number.atMeta.title")}</h2>
      <p className={styles.hint}>{t("number.atMeta.hint")}</p>
      <div role="status" className={styles.state} data-state={state}>
        <p>
          <strong>{t(`number.atMeta.state.${state}`)}</strong>{" "}
          {at === null ? null : t("number.atMeta.seen", { when: moment(Date.parse(at) / 1000, now_s, i18n.language) })}
        </p>
        {failure === null ? null : (
          <p data-testid="meta-failure">
            {refusalText(t, failure)} <small>{t("number.atMeta.code", { code: failure })}</small>
          </p>
        )}
        {!unsaved && (state === "different" || state === "failed") ? (
          <Button size="xs" loading={tell.isPending} onClick={() => tell.mutate()} data-testid="tell-meta">
            {t("number.atMeta.again")}
          </Button>
        ) : null}
      </div>
      <Place name="calling" place={of("calling")}>
        <Choice name="calling" values={SWITCH} value={draft.calling} error={wrong("at_meta.calling")} set={set} />
      </Place>
      <Place name="icon" place={of("icon")}>
        <Choice name="icon" values={ICON} value={draft.icon} error={wrong("at_meta.icon")} set={set} />
      </Place>
      <Place name="callback" place={of("callback")}>
        <Choice name="callback" values={SWITCH} value={draft.callback} error={wrong("at_meta.callback")} set={set} />
      </Place>
      <Place name="countries" place={of("countries")}>
        <Countries draft={draft} set={set} error={wrong("at_meta.countries")} />
      </Place>
    </section>
  );
}

interface ChoiceProps {
  name: "calling" | "icon" | "callback";
  values: readonly ("on" | "off" | "shown" | "hidden")[];
  value: string;
  error: string | undefined;
  set: (to: Partial<Draft>) => void;
}

function Choice({ name, values, value, error, set }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <NativeSelect
      label={t(`number.atMeta.place.${name}`)}
      description={t(`number.atMeta.placeHint.${name}`)}
      inputWrapperOrder={["label", "input", "description", "error"]}
      rightSection={<ChevronDown size={16} aria-hidden="true" />}
      data={[
        { value: "", label: t("number.atMeta.leave") },
        ...values.map((each) => ({ value: each, label: t(`number.atMeta.value.${each}`) })),
      ]}
      value={value}
      error={error}
      onChange={(event) => set({ [name]: event.currentTarget.value } as Partial<Draft>)}
      data-testid={`wanted-${name}`}
    />
  );
}

function Countries({ draft, set, error }: { draft: Draft; set: AtMetaProps["set"]; error: string | undefined }) {
  const { t } = useTranslation();
  const mode = draft.countries === null ? "leave" : draft.countries === "" ? "everybody" : "only";
  return (
    <div>
      <NativeSelect
        label={t("number.atMeta.place.countries")}
        description={t("number.atMeta.placeHint.countries")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        rightSection={<ChevronDown size={16} aria-hidden="true" />}
        data={(["leave", "everybody", "only"] as const).map((value) => ({ value, label: t(`number.atMeta.${value}`) }))}
        value={mode}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          set({ countries: chosen === "leave" ? null : chosen === "everybody" ? "" : "BR" });
        }}
        data-testid="wanted-countries"
      />
      {mode === "only" ? (
        <TextInput
          mt={8}
          aria-label={t("number.atMeta.countriesLabel")}
          value={draft.countries ?? ""}
          error={error}
          onChange={(event) => set({ countries: event.currentTarget.value || " " })}
          data-testid="wanted-countries-list"
        />
      ) : null}
    </div>
  );
}

/** A field and, beside it, what Meta has. */
function Place({ name, place, children }: { name: PlaceName; place: PlaceAtMeta | undefined; children: ReactNode }) {
  const { t, i18n } = useTranslation();
  const metas = place?.metas ?? null;
  const value = metas === null ? t("number.atMeta.unknown") : valueText(t, metas, i18n.language);
  return (
    <div className={styles.place}>
      {children}
      <div className={styles.metas} data-testid={`metas-${name}`} data-differs={place?.differs === true}>
        <p>{t("number.atMeta.metas", { value })}</p>
        {place?.differs === true && place.ours !== null ? (
          <p className={styles.differs}>
            {t("number.atMeta.differs", { value: valueText(t, place.ours, i18n.language) })}
          </p>
        ) : null}
        {place === undefined || place.failure === null ? null : (
          <p className={styles.refused} role="alert" data-testid={`refused-${name}`}>
            {refusalText(t, place.failure)}{" "}
            <small>
              {place.said === "" ? null : t("number.atMeta.said", { said: place.said })}{" "}
              {t("number.atMeta.code", { code: place.failure })}
            </small>
          </p>
        )}
      </div>
    </div>
  );
}
