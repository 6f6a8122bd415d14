import { Button, Textarea } from "@mantine/core";
import { MessageSquarePlus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Loading, NumberPage } from "../admin/NumberPage";
import { Notice, SaveBar } from "../admin/SaveBar";
import { DraftNotices, useWholeDraft } from "../admin/WholeDraft";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { refusedFields } from "../number/settings";
import { refusalText } from "../number/words";
import { Empty, GoDown } from "../shell/Empty";
import { HandIn } from "./HandIn";
import { TemplateRow } from "./TemplateRow";
import styles from "./Templates.module.css";
import {
  type Asking,
  choose,
  type Draft,
  draftOf,
  isSame,
  isSent,
  leave,
  makeUsual,
  placeOf,
  sameChosen,
  TEXT_LIMIT,
  useAsking,
  useSaveAsking,
  useSync,
} from "./templates";

/** By which words and templates a number asks customers whether it may call them. */
export function TemplatesPage() {
  return <NumberPage page="templates">{(number) => <AskingOf key={number.id} number={number.id} />}</NumberPage>;
}

function AskingOf({ number }: { number: number }) {
  const stored = useAsking(number);
  if (stored.data === undefined) return <Loading query={stored} />;
  return <AskingForm number={number} stored={stored.data} />;
}

function AskingForm({ number, stored }: { number: number; stored: Asking }) {
  const { t } = useTranslation();
  const whole = useWholeDraft(
    "templates",
    number,
    stored,
    draftOf,
    (saved, draft) => changesOf(saved, draft).length === 0,
  );
  const { saved, draft, version, unsaved, set } = whole;
  const save = useSaveAsking(number);
  const changes = changesOf(saved, draft);
  const refused = unsaved ? refusedFields(save.error) : {};
  const tooLong = draft.text.trim().length > TEXT_LIMIT || refused.text !== undefined;
  const words = (which: ("text" | "templates")[]) => which.map((each) => t(`templates.changed.${each}`)).join(", ");

  function saveAt(at: number): void {
    if (!tooLong) save.mutate({ version: at, draft }, { onSuccess: whole.follow });
  }

  return (
    <div className={styles.form}>
      <DraftNotices
        whole={whole}
        isSaving={save.isPending}
        differences={(theirs) => words(changesOf(draft, draftOf(theirs)))}
        saveAt={saveAt}
      />
      <section aria-labelledby="asking-inside">
        <h2 id="asking-inside">{t("templates.inside.title")}</h2>
        <p className={styles.hint}>{t("templates.inside.hint")}</p>
        <Textarea
          label={t("templates.inside.text")}
          rows={3}
          resize="vertical"
          value={draft.text}
          error={tooLong ? t("templates.problem.text") : undefined}
          onChange={(event) => set({ ...draft, text: event.currentTarget.value })}
          data-testid="asking-text"
        />
      </section>
      <section aria-labelledby="asking-outside" data-testid="asking-outside" data-can-ask={stored.can_ask}>
        <h2 id="asking-outside">{t("templates.outside.title")}</h2>
        <p className={styles.hint}>{t("templates.outside.hint")}</p>
        <CanAsk stored={stored} />
        <AskedMeta number={number} stored={stored} />
        {stored.templates.length === 0 && stored.answered_at !== null ? (
          <Empty
            part
            icon={MessageSquarePlus}
            title={t("empty.title.templates")}
            words={t("templates.none")}
            testid="templates-none"
          >
            <GoDown to="[data-testid=new-name]">{t("empty.go.template")}</GoDown>
          </Empty>
        ) : null}
        <ul className={styles.rows} hidden={stored.templates.length === 0}>
          {stored.templates.map((template) => (
            <TemplateRow
              key={`${template.name} ${template.language}`}
              number={number}
              template={template}
              place={placeOf(draft, template)}
              problem={refused[`templates.${placeOf(draft, template)}`]}
              insteadOf={draft.chosen.find((one) => one.language === template.language && !isSame(one, template))?.name}
              choose={() => set(choose(draft, template))}
              leave={() => set(leave(draft, template))}
              makeUsual={() => set(makeUsual(draft, template))}
            />
          ))}
        </ul>
      </section>
      <HandIn number={number} />
      <SaveBar
        unsaved={unsaved ? words(changes) : null}
        saving={save}
        onSave={() => saveAt(version)}
        undo={unsaved ? () => set(saved) : undefined}
      />
    </div>
  );
}

/** As it is saved: whether somebody who has not written for a day can be asked. */
function CanAsk({ stored }: { stored: Asking }) {
  const { t } = useTranslation();
  const chosen = stored.templates.filter((one) => one.chosen !== null);
  const sent = chosen.find(({ use }) => isSent(use));
  if (sent !== undefined) return <p className={styles.works}>{t("templates.outside.works", { name: sent.name })}</p>;
  return (
    <Notice tone="warn" testid="cannot-ask">
      {t(chosen.length === 0 ? "templates.outside.noneChosen" : "templates.outside.noneSent")}
    </Notice>
  );
}

function AskedMeta({ number, stored: { answered_at, failure } }: { number: number; stored: Asking }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const sync = useSync(number);
  return (
    <div className={styles.asked}>
      <p role="status" data-testid="templates-asked">
        {answered_at === null
          ? t("templates.never")
          : t("templates.answered", { when: moment(Date.parse(answered_at) / 1000, now_s, i18n.language) })}{" "}
        {failure === null ? null : t("templates.failure", { why: refusalText(t, failure) })}
        {sync.isError ? t("templates.unreachable") : null}
      </p>
      <Button
        variant="default"
        size="xs"
        loading={sync.isPending}
        aria-label={t("templates.sync")}
        onClick={() => sync.mutate()}
        data-testid="templates-sync"
      >
        {t("templates.sync")}
      </Button>
    </div>
  );
}

function changesOf(before: Draft, after: Draft): ("text" | "templates")[] {
  return [
    ...(before.text === after.text ? [] : (["text"] as const)),
    ...(sameChosen(before, after) ? [] : (["templates"] as const)),
  ];
}
