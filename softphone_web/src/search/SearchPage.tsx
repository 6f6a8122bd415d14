import "../i18n/leaders";
import { Button, Loader, TextInput } from "@mantine/core";
import { AudioLines, FileQuestionMark, FileX, LockKeyhole, type LucideIcon, Search, WifiOff } from "lucide-react";
import { type FormEvent, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { useDesk } from "../desk/DeskProvider";
import { ApiError } from "../session/api";
import { Empty, Go, GoDown, TowardsCalls } from "../shell/Empty";
import { Trouble } from "../shell/Trouble";
import { FoundCallCard } from "./FoundCallCard";
import styles from "./SearchPage.module.css";
import { hasWord, type Reach, reachesNothing, readWish, useFound, useReach, type Wish, writeWish } from "./search";

/** Finds calls by what was said in them, and opens one where it was said. What is looked for stands in the address. */
export function SearchPage() {
  const { t } = useTranslation();
  return (
    <section className={styles.page} aria-labelledby="search-title" data-testid="search">
      <h1 id="search-title">{t("search.title")}</h1>
      <WithinReach />
    </section>
  );
}

function WithinReach() {
  const { t } = useTranslation();
  const { data: reach, isPending, fetchStatus } = useReach();
  if (isPending && fetchStatus === "paused") return <Told icon={WifiOff} what="offline" />;
  if (isPending) return <Loader size="sm" aria-label={t("shell.loading")} />;
  if (reach !== undefined && reachesNothing(reach)) return <Told icon={LockKeyhole} what="noGrant" />;
  if (reach !== undefined && !reach.engine && !reach.anything) return <Told icon={FileX} what="noEngine" />;
  return <Finding reach={reach} />;
}

/** `reach`: undefined where it could not be found out; searching may work all the same. */
function Finding({ reach }: { reach: Reach | undefined }) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const wish = useMemo(() => readWish(search), [search]);
  const found = useFound(wish.words);
  const go = (next: Wish, replace: boolean): void => navigate(`${path}?${writeWish(next)}`, { replace });
  const look = (words: string): void => {
    if (words === wish.words) void found.refetch();
    else go({ words, call: null, at_s: 0 }, false);
  };
  return (
    <>
      <WordsForm words={wish.words} busy={found.isFetching && !found.isFetchingNextPage} look={look} />
      <ReachSaid reach={reach} />
      {wish.words === "" ? (
        <Told
          icon={reach?.anything === false ? AudioLines : Search}
          what={reach?.anything === false ? "nothingYet" : "start"}
        />
      ) : (
        <Results
          wish={wish}
          found={found}
          open={(call, at_s) => go({ ...wish, call, at_s }, true)}
          close={() => go({ ...wish, call: null }, true)}
        />
      )}
    </>
  );
}

function WordsForm({ words, busy, look }: { words: string; busy: boolean; look: (words: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(words);
  const [wordless, setWordless] = useState(false);
  useEffect(() => setTyped(words), [words]); // another address: back, forward, a link
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = typed.trim();
    setWordless(!hasWord(wanted));
    if (hasWord(wanted)) look(wanted);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: `search` is not known to all browsers that we serve
    <form role="search" className={styles.form} onSubmit={submit}>
      <TextInput
        className={styles.words}
        type="search"
        size="md"
        maxLength={200}
        leftSection={<Search size={18} aria-hidden="true" />}
        aria-label={t("search.words")}
        placeholder={t("search.placeholder")}
        value={typed}
        error={wordless ? t("search.noWord") : null}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setWordless(false);
        }}
        data-autofocus
        data-testid="search-words"
      />
      <Button type="submit" size="md" loading={busy} data-testid="search-go">
        {t("search.go")}
      </Button>
    </form>
  );
}

function ReachSaid({ reach }: { reach: Reach | undefined }) {
  const { t, i18n } = useTranslation();
  const names = new Intl.ListFormat(i18n.language).format(reach?.departments ?? []);
  const said =
    reach === undefined
      ? t("search.reach.unreachable")
      : reach.every_call
        ? t("search.reach.every")
        : reach.own_calls
          ? names === ""
            ? t("search.reach.own")
            : t("search.reach.ownAnd", { names })
          : t("search.reach.departments", { names });
  return (
    <div className={styles.hints}>
      <p>{t("search.how")}</p>
      <p data-testid="search-reach">
        {said} {t("search.audited")}
      </p>
      {reach?.engine === false ? <p className={styles.warning}>{t("search.noEngine.before")}</p> : null}
    </div>
  );
}

interface ResultsProps {
  wish: Wish;
  found: ReturnType<typeof useFound>;
  open: (call: string, at_s: number) => void;
  close: () => void;
}

function Results({ wish, found, open, close }: ResultsProps) {
  const { t } = useTranslation();
  const calls = useMemo(() => found.data?.pages.flatMap((page) => page.found) ?? [], [found.data]);
  const limited = found.error instanceof ApiError && found.error.status === 429;
  if (found.fetchStatus === "paused" && found.data === undefined) return <Told icon={WifiOff} what="offline" />;
  if (found.isError && found.data === undefined) {
    const words = t(limited ? "search.limited" : "search.unreachable");
    return <Trouble words={words} retry={found.refetch} testid="search-trouble" />;
  }
  if (found.data === undefined) {
    return (
      <p className={styles.loading} role="status" data-testid="search-loading">
        <Loader size={16} aria-hidden="true" /> {t("search.loading")}
      </p>
    );
  }
  if (calls.length === 0) return <Told icon={FileQuestionMark} what="none" words={wish.words} />;
  return (
    <>
      <p className={styles.count} role="status" data-testid="search-count">
        {t(found.hasNextPage ? "search.foundMore" : "search.found", { count: calls.length })}
      </p>
      <ol className={styles.found} aria-busy={found.isFetching}>
        {calls.map((one) => (
          <FoundCallCard
            key={one.call.call_id}
            found={one}
            opened_at_s={one.call.call_id === wish.call ? wish.at_s : null}
            open={(at_s) => open(one.call.call_id, at_s)}
            close={close}
          />
        ))}
      </ol>
      {found.isError ? (
        <Trouble
          words={t(
            found.isFetchNextPageError ? "search.moreFailed" : limited ? "search.limited" : "search.unreachable",
          )}
          retry={found.isFetchNextPageError ? found.fetchNextPage : found.refetch}
          testid="search-trouble"
        />
      ) : null}
      {found.hasNextPage && !found.isFetchNextPageError ? (
        <Button
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
          data-testid="search-more"
        >
          {t("search.more")}
        </Button>
      ) : null}
    </>
  );
}

type What = "noGrant" | "noEngine" | "nothingYet" | "start" | "none" | "offline";

/** Why there is nothing to see, and what helps. */
function Told({ icon, what, words = "" }: { icon: LucideIcon; what: What; words?: string }) {
  const { t } = useTranslation();
  const Icon = icon;
  if (what === "offline" || what === "none") {
    return (
      <div className={styles.told} role="status" data-testid={`search-${what}`}>
        <Icon size={30} strokeWidth={1.5} aria-hidden="true" />
        {what === "offline" ? (
          <p>{t("search.offline")}</p>
        ) : (
          <>
            <h2>{t("search.none.title")}</h2>
            <p>{t("search.none.body", { words })}</p>
          </>
        )}
      </div>
    );
  }
  return (
    <div role="status">
      <Empty icon={icon} title={t(`search.${what}.title`)} words={t(`search.${what}.body`)} testid={`search-${what}`}>
        <Next what={what} />
      </Empty>
    </div>
  );
}

function Next({ what }: { what: Exclude<What, "offline" | "none"> }) {
  const { t } = useTranslation();
  const isAdministrator = useDesk().state?.me.role === "administrator";
  switch (what) {
    case "start":
      return <GoDown to="[data-testid=search-words]">{t("empty.go.words")}</GoDown>;
    case "nothingYet":
      return isAdministrator ? <Go to="/numbers">{t("empty.go.policies")}</Go> : <TowardsCalls />;
    case "noEngine":
      return t("empty.ask.engine");
    case "noGrant":
      return t("empty.ask.department");
  }
}
