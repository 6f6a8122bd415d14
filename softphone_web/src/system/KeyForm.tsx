import { Button, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useDepartments, useNumbers } from "../admin/office";
import { AskBeforeLeaving } from "../admin/SaveBar";
import { ChooseSome, DeedTrouble, FieldProblem, Ticks } from "./ChooseSome";
import { refusedFields, troubleText } from "./deeds";
import { type ApiKey, EMPTY_KEY, problemsOf, problemText, scopeText, useAddKey } from "./keys";
import styles from "./System.module.css";
import { useDraft } from "./useDraft";

interface KeyFormProps {
  scopes: readonly string[];
  usual: number;
  onMade: (key: ApiKey, token: string) => void;
  onClose: () => void;
}

/** A new key. What was typed stays there until it is made or given up. */
export function KeyForm({ scopes, usual, onMade, onClose }: KeyFormProps) {
  const { t } = useTranslation();
  const adding = useAddKey();
  const { draft, set, own, tried, form, leaving, save } = useDraft(
    EMPTY_KEY,
    (draft) => problemsOf(draft, new Date()),
    adding,
    ({ key, token }) => onMade(key, token),
  );
  const numbers = useNumbers().data ?? [];
  const departments = useDepartments().data ?? [];
  const wrong: Record<string, string | undefined> = tried ? { ...refusedFields(adding.error), ...own } : {};
  const said = (field: string): string | undefined =>
    wrong[field] === undefined ? undefined : problemText(t, wrong[field]);

  return (
    <form
      ref={form}
      className={styles.form}
      onSubmit={save}
      noValidate
      aria-labelledby="key-form-title"
      data-testid="key-form"
    >
      <AskBeforeLeaving leaving={leaving} />
      <h2 id="key-form-title">{t("system.keys.add")}</h2>
      <TextInput
        label={t("system.keys.name")}
        description={t("system.keys.nameHint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        value={draft.name}
        error={said("name")}
        autoComplete="off"
        autoFocus
        onChange={(event) => set({ name: event.currentTarget.value })}
        data-testid="key-name"
      />
      <fieldset className={styles.group} data-wrong={said("scopes") !== undefined}>
        <legend>{t("system.keys.scopesTitle")}</legend>
        <p className={styles.intro}>{t("system.keys.scopesHint")}</p>
        <Ticks
          choices={scopes.map((scope) => ({ key: scope, label: scopeText(t, scope), small: scope }))}
          chosen={draft.scopes}
          onChange={(chosen) => set({ scopes: chosen })}
        />
        <FieldProblem words={said("scopes")} />
      </fieldset>
      <div className={styles.fields}>
        <ChooseSome
          legend={t("system.keys.numbers")}
          all={t("system.keys.everywhere")}
          only={t("system.keys.only")}
          choices={numbers.map(({ id, label }) => ({ key: id, label }))}
          chosen={draft.number_ids}
          error={said("number_ids")}
          onChange={(number_ids) => set({ number_ids })}
          testid="key-numbers"
        />
        <ChooseSome
          legend={t("system.keys.departments")}
          all={t("system.keys.everywhere")}
          only={t("system.keys.only")}
          choices={departments.map(({ id, name }) => ({ key: id, label: name }))}
          chosen={draft.department_ids}
          error={said("department_ids")}
          onChange={(department_ids) => set({ department_ids })}
          testid="key-departments"
        />
      </div>
      <div className={styles.fields}>
        <TextInput
          type="date"
          label={t("system.keys.expires")}
          description={t("system.keys.expiresHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.expires}
          error={said("expires_at")}
          onChange={(event) => set({ expires: event.currentTarget.value })}
          data-testid="key-expires"
        />
        <TextInput
          inputMode="numeric"
          label={t("system.keys.perMinute")}
          description={t("system.keys.perMinuteHint", { usual })}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.per_minute}
          error={said("per_minute")}
          autoComplete="off"
          onChange={(event) => set({ per_minute: event.currentTarget.value })}
          data-testid="key-per-minute"
        />
      </div>
      <DeedTrouble
        words={
          adding.error === null || Object.keys(refusedFields(adding.error)).length > 0
            ? null
            : troubleText(t, adding.error)
        }
      />
      <div className={styles.buttons}>
        <Button type="submit" size="sm" loading={adding.isPending} data-testid="key-create">
          {t("system.keys.create")}
        </Button>
        <Button size="sm" variant="default" onClick={onClose} data-testid="key-close">
          {t("system.close")}
        </Button>
      </div>
    </form>
  );
}
