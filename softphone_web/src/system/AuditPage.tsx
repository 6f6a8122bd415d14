import { Button, NativeSelect, TextInput } from "@mantine/core";
import { ChevronDown, ScrollText } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { Loading } from "../admin/NumberPage";
import { dayAndTime } from "../i18n/format";
import { Empty, Go } from "../shell/Empty";
import { Trouble } from "../shell/Trouble";
import {
  AREAS,
  type AuditLine,
  type AuditWish,
  actionText,
  actorText,
  dataText,
  readWish,
  subjectText,
  useActors,
  useAudit,
  WORD,
  writeWish,
} from "./audit";
import styles from "./System.module.css";
import { SystemPage } from "./SystemPage";

/** Who did what when. What is looked for stands in the address, and survives a reload. */
export function AuditPage() {
  return (
    <SystemPage page="audit">
      <Looked />
    </SystemPage>
  );
}

function Looked() {
  const { t } = useTranslation();
  const search = useSearch();
  const [path, navigate] = useLocation();
  const wish = readWish(search);
  const found = useAudit(wish);
  const lines = found.data?.pages.flatMap((page) => page.lines);
  const filtered = writeWish(wish) !== "";
  const choose = (changes: Partial<AuditWish>): void => {
    const query = writeWish({ ...wish, ...changes });
    navigate(query === "" ? path : `${path}?${query}`, { replace: true });
  };
  return (
    <section className={styles.card} aria-label={t("system.audit.title")}>
      <Filters key={wish.subject} wish={wish} onChoose={choose} />
      {filtered ? (
        <div>
          <Button
            size="xs"
            variant="default"
            onClick={() => choose({ actor: "", area: "", subject: "", since: "", until: "" })}
            data-testid="audit-clear"
          >
            {t("system.audit.clear")}
          </Button>
        </div>
      ) : null}
      {lines === undefined ? <Loading query={found} /> : null}
      {lines !== undefined && found.isError ? (
        <Trouble words={t("admin.unreachable")} retry={found.refetch} testid="audit-trouble" />
      ) : null}
      {lines?.length === 0 && !filtered ? (
        <Empty part icon={ScrollText} title={t("empty.title.audit")} words={t("system.audit.none")} testid="audit-none">
          <Go to="/people">{t("empty.go.people")}</Go>
        </Empty>
      ) : null}
      {lines?.length === 0 && filtered ? (
        <div className={styles.none} data-testid="audit-none">
          <ScrollText size={30} strokeWidth={1.5} aria-hidden="true" />
          <p>{t("system.audit.noneFits")}</p>
        </div>
      ) : null}
      {lines === undefined || lines.length === 0 ? null : <Lines lines={lines} onChoose={choose} />}
      {found.hasNextPage ? (
        <div>
          <Button
            size="sm"
            variant="default"
            loading={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
            data-testid="audit-more"
          >
            {t("system.audit.more")}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

interface FiltersProps {
  wish: AuditWish;
  onChoose: (changes: Partial<AuditWish>) => void;
}

function Filters({ wish, onChoose }: FiltersProps) {
  const { t } = useTranslation();
  const actors = useActors(t);
  const [about, setAbout] = useState(wish.subject);
  const known = actors.some(({ actor }) => actor === wish.actor) || wish.actor === "";
  const wrong = about.trim() !== "" && !WORD.test(about.trim());
  return (
    <search>
      <form
        className={styles.filters}
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) onChoose({ subject: about.trim() });
        }}
      >
        <NativeSelect
          label={t("system.audit.who")}
          rightSection={<ChevronDown size={16} aria-hidden="true" />}
          data={[
            { value: "", label: t("system.audit.anybody") },
            ...actors.map(({ actor, name }) => ({ value: actor, label: name })),
            ...(known ? [] : [{ value: wish.actor, label: wish.actor }]),
          ]}
          value={wish.actor}
          onChange={(event) => onChoose({ actor: event.currentTarget.value })}
          data-testid="audit-who"
        />
        <NativeSelect
          label={t("system.audit.what")}
          rightSection={<ChevronDown size={16} aria-hidden="true" />}
          data={[
            { value: "", label: t("system.audit.anything") },
            ...AREAS.map((area) => ({ value: area, label: t(`system.audit.areas.${area}`) })),
          ]}
          value={wish.area}
          onChange={(event) => onChoose({ area: event.currentTarget.value })}
          data-testid="audit-what"
        />
        <TextInput
          type="date"
          label={t("system.audit.since")}
          value={wish.since}
          onChange={(event) => onChoose({ since: event.currentTarget.value })}
          data-testid="audit-since"
        />
        <TextInput
          type="date"
          label={t("system.audit.until")}
          value={wish.until}
          onChange={(event) => onChoose({ until: event.currentTarget.value })}
          data-testid="audit-until"
        />
        <TextInput
          label={t("system.audit.about")}
          description={t("system.audit.aboutHint")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={about}
          error={wrong ? t("system.audit.aboutInvalid") : undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setAbout(event.currentTarget.value)}
          onBlur={() => {
            if (!wrong && about.trim() !== wish.subject) onChoose({ subject: about.trim() });
          }}
          data-testid="audit-about"
        />
      </form>
    </search>
  );
}

interface LinesProps {
  lines: AuditLine[];
  onChoose: (changes: Partial<AuditWish>) => void;
}

function Lines({ lines, onChoose }: LinesProps) {
  const { t, i18n } = useTranslation();
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("system.audit.columns.when")}</th>
            <th scope="col">{t("system.audit.columns.who")}</th>
            <th scope="col">{t("system.audit.columns.what")}</th>
            <th scope="col">{t("system.audit.columns.about")}</th>
            <th scope="col">{t("system.audit.columns.more")}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => {
            const who = actorText(t, line.actor, line.actor_name);
            const about = subjectText(t, line.subject, line.subject_name);
            return (
              <tr key={line.position} data-testid="audit-line" data-action={line.action}>
                <td className={styles.number}>
                  <time dateTime={line.at}>{dayAndTime(Date.parse(line.at) / 1000, i18n.language, "short")}</time>
                </td>
                <td>
                  <button
                    type="button"
                    className={styles.link}
                    aria-label={t("system.audit.onlyWho", { name: who })}
                    onClick={() => onChoose({ actor: line.actor })}
                  >
                    {who}
                  </button>
                </td>
                <td>
                  {actionText(t, line.action)}
                  <small>{line.action}</small>
                </td>
                <td>
                  {line.subject === "" || !WORD.test(line.subject) ? (
                    about
                  ) : (
                    <button
                      type="button"
                      className={styles.link}
                      aria-label={t("system.audit.onlyAbout", { name: about })}
                      onClick={() => onChoose({ subject: line.subject })}
                    >
                      {about}
                    </button>
                  )}
                </td>
                <td>
                  <small>{dataText(line.data)}</small>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
