import { Button, Checkbox, NativeSelect, Switch, TextInput } from "@mantine/core";
import "@mantine/core/styles/Checkbox.css";
import type { TFunction } from "i18next";
import { ChevronDown } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNumbers } from "../admin/office";
import { AskBeforeLeaving } from "../admin/SaveBar";
import { LANGUAGES } from "../i18n";
import { peoplePtBR } from "../i18n/people/pt-BR";
import { useAskBeforeLeaving } from "../shell/leaving";
import { ChooseSome } from "../system/ChooseSome";
import { useFirstWrong } from "../system/useDraft";
import type { Handed } from "./FirstPassword";
import styles from "./PeoplePage.module.css";
import {
  type Draft,
  draftOf,
  type Grants,
  gapsOf,
  MAY,
  type Place,
  ROLES,
  type Role,
  refusedFields,
  type User,
  useAddUser,
  useChangeUser,
  useDisabling,
  useFirstPassword,
  usualGrants,
} from "./people";

interface PersonFormProps {
  /** null: somebody new. */
  user: User | null;
  places: Place[];
  onHanded: (handed: Handed) => void;
  onClose: (saved: boolean) => void;
}

/** Everything of one person. What was typed stays there until it is saved or given up. */
export function PersonForm({ user, places, onHanded, onClose }: PersonFormProps) {
  const { t, i18n } = useTranslation();
  const [saved] = useState(() => draftOf(user, i18n.language));
  const [draft, setDraft] = useState(saved);
  const numbers = useNumbers().data ?? [];
  const adding = useAddUser();
  const changing = useChangeUser(user?.id ?? 0);
  const saving = user === null ? adding : changing;
  const unsaved = JSON.stringify(draft) !== JSON.stringify(saved);
  const leaving = useAskBeforeLeaving(unsaved && !saving.isSuccess, () => {});
  const [tried, setTried] = useState(false);
  const { form, look } = useFirstWrong();
  const gaps = gapsOf(draft, user === null);
  const refused = refusedFields(saving.error);
  const wrong = (field: string): string | undefined => {
    const code = (tried ? gaps[field] : undefined) ?? refused[field];
    return code === undefined ? undefined : problemText(t, code);
  };
  const set = (to: Partial<Draft>) => setDraft((now) => ({ ...now, ...to }));

  function save(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (Object.keys(gaps).length > 0) look();
    else if (user !== null) changing.mutate(draft, { onSuccess: () => onClose(true), onError: look });
    else {
      adding.mutate(draft, {
        onSuccess: ({ user: { name }, first_password }) => {
          onHanded({ name, password: first_password });
          onClose(false);
        },
        onError: look,
      });
    }
  }

  return (
    <form ref={form} className={styles.form} onSubmit={save} data-testid="person-form">
      <AskBeforeLeaving leaving={leaving} />
      <h2>{user === null ? t("people.add") : t("people.edit", { name: user.name })}</h2>
      <div className={styles.fields}>
        <TextInput
          label={t("people.name")}
          value={draft.name}
          error={wrong("name")}
          autoComplete="off"
          autoFocus
          onChange={(event) => set({ name: event.currentTarget.value })}
          data-testid="person-name"
        />
        {user === null ? (
          <TextInput
            label={t("people.login")}
            description={t("people.loginHint")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            value={draft.login}
            error={wrong("login")}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => set({ login: event.currentTarget.value })}
            data-testid="person-login"
          />
        ) : null}
        <NativeSelect
          label={t("people.role")}
          rightSection={<ChevronDown size={16} aria-hidden="true" />}
          data={ROLES.map((value) => ({ value, label: t(`people.roles.${value}`) }))}
          value={draft.role}
          error={wrong("role")}
          onChange={(event) => set({ role: event.currentTarget.value as Role })}
          data-testid="person-role"
        />
        <NativeSelect
          label={t("people.language")}
          rightSection={<ChevronDown size={16} aria-hidden="true" />}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          value={draft.language}
          error={wrong("language")}
          onChange={(event) => set({ language: event.currentTarget.value })}
        />
      </div>
      <h3>{t("people.places")}</h3>
      {places.length === 0 ? <p className={styles.intro}>{t("people.noPlaces")}</p> : null}
      {places.map((place) => (
        <WorksIn key={place.id} place={place} draft={draft} onChange={(grants) => set({ grants })} />
      ))}
      {wrong("departments") === undefined ? null : <p role="alert">{wrong("departments")}</p>}
      <ChooseSome
        legend={t("people.numbers.title")}
        all={t("people.numbers.all")}
        only={t("people.numbers.only")}
        choices={numbers.map(({ id, label }) => ({ key: id, label }))}
        chosen={draft.numbers}
        error={wrong("number_ids")}
        onChange={(chosen) => set({ numbers: chosen })}
        testid="person-numbers"
      />
      <p className={styles.intro}>{t("people.numbers.hint")}</p>
      {refused[""] === undefined ? null : (
        <p role="alert" className={styles.trouble} data-testid="person-trouble">
          {t("admin.saveFailed")}
        </p>
      )}
      <div className={styles.buttons}>
        <Button type="submit" size="sm" disabled={!unsaved} loading={saving.isPending} data-testid="person-save">
          {user === null ? t("people.create") : t("admin.save")}
        </Button>
        <Button size="sm" variant="default" onClick={() => onClose(false)} data-testid="person-close">
          {t("people.close")}
        </Button>
      </div>
      {user === null ? null : <Acts user={user} onHanded={onHanded} />}
    </form>
  );
}

interface WorksInProps {
  place: Place;
  draft: Draft;
  onChange: (grants: Record<number, Grants>) => void;
}

function WorksIn({ place, draft, onChange }: WorksInProps) {
  const { t } = useTranslation();
  const { [place.id]: here, ...others } = draft.grants;
  return (
    <fieldset className={styles.place} data-testid="works-in" data-department={place.name}>
      <legend>
        <Switch
          size="sm"
          label={place.name}
          checked={here !== undefined}
          onChange={(event) =>
            onChange(event.currentTarget.checked ? { ...others, [place.id]: usualGrants(draft.role) } : others)
          }
          data-testid="works-here"
        />
      </legend>
      {here === undefined ? null : (
        <div className={styles.grants}>
          {MAY.map((may) => (
            <Checkbox
              key={may}
              size="sm"
              label={t(`people.may.${may}`)}
              checked={here[may]}
              onChange={(event) => onChange({ ...others, [place.id]: { ...here, [may]: event.currentTarget.checked } })}
              data-testid={`may-${may}`}
            />
          ))}
        </div>
      )}
    </fieldset>
  );
}

/** What is in force at once, and says before what it does. */
function Acts({ user, onHanded }: { user: User; onHanded: (handed: Handed) => void }) {
  const { t } = useTranslation();
  const giving = useFirstPassword(user.id);
  const disabling = useDisabling(user.id);
  const off = user.disabled_at !== null;
  const isLast = refusedFields(disabling.error).role === "last";
  return (
    <div className={styles.acts}>
      <div>
        <p>{t("people.first.effect")}</p>
        <Button
          size="xs"
          variant="default"
          loading={giving.isPending}
          onClick={() =>
            giving.mutate(undefined, {
              onSuccess: ({ first_password }) => onHanded({ name: user.name, password: first_password }),
            })
          }
          data-testid="give-password"
        >
          {t("people.first.give")}
        </Button>
      </div>
      <div>
        {off ? null : <p>{t("people.disableEffect")}</p>}
        <Button
          size="xs"
          variant="default"
          loading={disabling.isPending}
          onClick={() => disabling.mutate(!off)}
          data-testid="disable-person"
        >
          {t(off ? "people.enable" : "people.disable")}
        </Button>
      </div>
      {disabling.error === null && giving.error === null ? null : (
        <p role="alert" className={styles.trouble} data-testid="act-trouble">
          {t(isLast ? "people.problem.last" : "admin.saveFailed")}
        </p>
      )}
    </div>
  );
}

type Problem = keyof typeof peoplePtBR.problem;

/** What to say beside the field; of a refusal that these pages do not know, that it was one. */
export function problemText(t: TFunction, code: string): string {
  return Object.hasOwn(peoplePtBR.problem, code) ? t(`people.problem.${code as Problem}`) : t("admin.saveRefused");
}
