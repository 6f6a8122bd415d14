import { ActionIcon, Button, TextInput } from "@mantine/core";
import { ArrowUp, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loading } from "../admin/NumberPage";
import { AskBeforeLeaving } from "../admin/SaveBar";
import { useReasons } from "../aftercall/reasons";
import { useAskBeforeLeaving } from "../shell/leaving";
import { DeedTrouble } from "./ChooseSome";
import { troubleText } from "./deeds";
import {
  KINDS,
  LABEL_LIMIT_CHARS,
  type Line,
  linesOf,
  MOST_REASONS,
  problemsOf,
  type ReasonKind,
  reasonsOf,
  useReplaceReasons,
} from "./reasons";
import { Sure } from "./Sure";
import styles from "./System.module.css";
import { SystemPage } from "./SystemPage";
import { useFirstWrong } from "./useDraft";

/** What agents choose from when a call is over, and when they pause. */
export function ReasonsPage() {
  return (
    <SystemPage page="reasons">
      <Lists />
    </SystemPage>
  );
}

function Lists() {
  const reasons = useReasons();
  const [unsaved, setUnsaved] = useState<Partial<Record<ReasonKind, boolean>>>({});
  const leaving = useAskBeforeLeaving(Object.values(unsaved).some(Boolean), () => {});
  if (reasons.data === undefined) return <Loading query={reasons} />;
  return (
    <>
      <AskBeforeLeaving leaving={leaving} />
      {KINDS.map((kind) => (
        <List key={kind} kind={kind} onUnsaved={(is) => setUnsaved((now) => ({ ...now, [kind]: is }))} />
      ))}
    </>
  );
}

function List({ kind, onUnsaved }: { kind: ReasonKind; onUnsaved: (is: boolean) => void }) {
  const { t } = useTranslation();
  const saved = useReasons().data?.[kind] ?? [];
  const [draft, setDraft] = useState<Line[] | null>(null);
  const [asks, setAsks] = useState(false);
  const { form, look } = useFirstWrong();
  const replace = useReplaceReasons(kind);
  const lines = draft ?? linesOf(t, kind, saved);
  const problems = problemsOf(lines);

  function change(to: Line[]): void {
    setDraft(to);
    onUnsaved(true);
    if (!replace.isPending) replace.reset();
  }
  function write(reasons: ReturnType<typeof reasonsOf>): void {
    replace.mutate(reasons, {
      onSuccess: () => {
        setDraft(null);
        setAsks(false);
        onUnsaved(false);
      },
    });
  }

  return (
    <form
      ref={form}
      className={styles.card}
      aria-label={t(`reasons.${kind}.title`)}
      onSubmit={(event) => {
        event.preventDefault();
        if (problems.size > 0) look();
        else write(reasonsOf(lines));
      }}
      data-testid={`reasons-${kind}`}
    >
      <h2>{t(`reasons.${kind}.title`)}</h2>
      <p className={styles.intro}>{t(`reasons.${kind}.hint`)}</p>
      {lines.map((line, index) => (
        <div key={line.key} className={styles.reason} data-testid="reason">
          <TextInput
            aria-label={t("reasons.word", { n: index + 1 })}
            value={line.text}
            maxLength={LABEL_LIMIT_CHARS}
            error={
              draft !== null && problems.has(line.key)
                ? t(`reasons.problem.${problems.get(line.key) ?? "missing"}`)
                : null
            }
            autoFocus={draft !== null && line.code === null && line.text === ""}
            onChange={(event) => {
              const text = event.currentTarget.value;
              change(lines.map((other) => (other.key === line.key ? { ...other, text } : other)));
            }}
            data-testid="reason-word"
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            disabled={index === 0}
            aria-label={t("reasons.up", { word: line.text })}
            onClick={() => change(raised(lines, index))}
            data-testid="reason-up"
          >
            <ArrowUp size={17} aria-hidden="true" />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            disabled={lines.length === 1}
            aria-label={t("reasons.remove", { word: line.text })}
            onClick={() => change(lines.filter(({ key }) => key !== line.key))}
            data-testid="reason-remove"
          >
            <Trash2 size={17} aria-hidden="true" />
          </ActionIcon>
        </div>
      ))}
      <div className={styles.buttons}>
        <Button
          size="xs"
          variant="default"
          leftSection={<Plus size={15} aria-hidden="true" />}
          disabled={lines.length >= MOST_REASONS}
          onClick={() => change([...lines, { code: null, text: "", usual: null, key: nextKey(lines) }])}
          data-testid="reason-add"
        >
          {t("reasons.add")}
        </Button>
        {asks ? null : (
          <Button size="xs" variant="subtle" color="gray" onClick={() => setAsks(true)} data-testid="reasons-usual">
            {t("reasons.usual")}
          </Button>
        )}
      </div>
      {asks ? (
        <Sure
          effect={t("reasons.usualEffect")}
          yes={t("reasons.usual")}
          name={t("reasons.usual")}
          pending={replace.isPending}
          onYes={() => write([])}
          onNo={() => setAsks(false)}
        />
      ) : null}
      <div className={styles.buttons}>
        <Button
          type="submit"
          size="sm"
          disabled={draft === null}
          loading={replace.isPending && !asks}
          data-testid="reasons-save"
        >
          {t("admin.save")}
        </Button>
        {draft === null ? (
          <p role="status" data-testid="reasons-state">
            {replace.isSuccess ? t("reasons.saved") : null}
          </p>
        ) : (
          <Button
            size="sm"
            variant="default"
            onClick={() => {
              setDraft(null);
              onUnsaved(false);
              replace.reset();
            }}
            data-testid="reasons-undo"
          >
            {t("admin.undo")}
          </Button>
        )}
      </div>
      <DeedTrouble words={replace.error === null ? null : troubleText(t, replace.error)} />
    </form>
  );
}

function raised(lines: readonly Line[], index: number): Line[] {
  const to = [...lines];
  const [line] = to.splice(index, 1);
  if (line !== undefined) to.splice(index - 1, 0, line);
  return to;
}

function nextKey(lines: readonly Line[]): number {
  return Math.max(-1, ...lines.map(({ key }) => key)) + 1;
}
