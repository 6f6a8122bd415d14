import { Button, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { AskBeforeLeaving } from "../admin/SaveBar";
import { ChooseSome, DeedTrouble } from "./ChooseSome";
import { troubleText } from "./deeds";
import { kindText, problemsOf, refusedUrl, type SubscriptionDraft, useSubscribe } from "./events";
import styles from "./System.module.css";
import { useDraft } from "./useDraft";

const EMPTY: SubscriptionDraft = { url: "", description: "", types: null };

interface SubscriptionFormProps {
  kinds: readonly string[];
  onMade: (url: string, secret: string) => void;
  onClose: () => void;
}

/** A new receiver. What was typed stays there until it is made or given up. */
export function SubscriptionForm({ kinds, onMade, onClose }: SubscriptionFormProps) {
  const { t } = useTranslation();
  const adding = useSubscribe();
  const { draft, set, own, tried, form, leaving, save } = useDraft(EMPTY, problemsOf, adding, ({ url, secret }) =>
    onMade(url, secret),
  );
  const refused = refusedUrl(adding.error);
  const wrongUrl = tried ? (own.url ?? refused) : null;

  return (
    <form
      ref={form}
      className={styles.form}
      onSubmit={save}
      noValidate
      aria-labelledby="subscription-form-title"
      data-testid="subscription-form"
    >
      <AskBeforeLeaving leaving={leaving} />
      <h2 id="subscription-form-title">{t("system.events.add")}</h2>
      <div className={styles.fields}>
        <TextInput
          type="url"
          label={t("system.events.url")}
          description={t("system.events.urlHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.url}
          error={wrongUrl === null ? undefined : t(`system.events.problem.${wrongUrl}`)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          onChange={(event) => set({ url: event.currentTarget.value })}
          data-testid="subscription-url"
        />
        <TextInput
          label={t("system.events.description")}
          value={draft.description}
          maxLength={200}
          autoComplete="off"
          onChange={(event) => set({ description: event.currentTarget.value })}
          data-testid="subscription-description"
        />
      </div>
      <ChooseSome
        legend={t("system.events.which")}
        all={t("system.events.all")}
        only={t("system.events.only")}
        choices={kinds.map((kind) => ({ key: kind, label: kindText(t, kind), small: kind }))}
        chosen={draft.types}
        error={own.types !== undefined ? t(`system.events.problem.${own.types}`) : undefined}
        onChange={(types) => set({ types })}
        testid="subscription-types"
      />
      <DeedTrouble words={adding.error === null || refused !== null ? null : troubleText(t, adding.error)} />
      <div className={styles.buttons}>
        <Button type="submit" size="sm" loading={adding.isPending} data-testid="subscription-create">
          {t("system.events.create")}
        </Button>
        <Button size="sm" variant="default" onClick={onClose} data-testid="subscription-close">
          {t("system.close")}
        </Button>
      </div>
    </form>
  );
}
