import { Button, Loader } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { RefreshCw, ScrollText, WifiOff } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import "../i18n/historians";
import { useDesk } from "../desk/DeskProvider";
import { useSession } from "../session/session";
import { Empty, TowardsCalls } from "../shell/Empty";
import { Trouble } from "../shell/Trouble";
import { CallDetails } from "./CallDetails";
import { CallList } from "./CallList";
import { ExportButton } from "./ExportButton";
import { FilterBar } from "./FilterBar";
import { countOf, type Filters, NO_FILTERS, openedCall, queryOf, readFilters, writeFilters } from "./filters";
import styles from "./HistoryPage.module.css";
import { type Outline, useOutline, usePages, useZone } from "./history";
import { zoneName } from "./words";
import { dayIn } from "./zone";

/** All calls that one may see, looked for by anything. What is looked for, and which call is open, stands in the
 * address, and survives a reload. */
export function HistoryPage() {
  const { t, i18n } = useTranslation();
  const search = useSearch();
  const [path, navigate] = useLocation();
  const zone = useZone();
  const filters = useMemo(() => readFilters(search), [search]);
  const opened = openedCall(search);
  const today = dayIn(zone, new Date());
  // biome-ignore lint/correctness/useExhaustiveDependencies: the query is another one when the day is
  const query = useMemo(() => queryOf(filters, zone, new Date()).toString(), [filters, zone, today]);
  const [onTop, setOnTop] = useState(true);
  const outline = useOutline(query, onTop);
  const [firstPage] = usePages(query, [], [0], onTop);
  useRefreshAfterCalls(onTop);
  const go = (to: Filters, call: string | null): void =>
    navigate(`${path}?${writeFilters(to, call)}`, { replace: true });
  // Before everything is counted, the first page is a list already.
  const counted = outline.isPlaceholderData ? undefined : outline.data;
  const count = counted?.count ?? firstPage?.data?.length ?? 0;
  const broken = outline.isError || firstPage?.isError;
  return (
    <section className={styles.page} aria-labelledby="history-title" data-testid="history">
      <div className={styles.head}>
        <h1 id="history-title">{t("history.title")}</h1>
        <Count outline={counted} failed={outline.isError} />
        <span className={styles.zone}>{t("history.zone", { zone: zoneName(zone, i18n.language, new Date()) })}</span>
      </div>
      <FilterBar filters={filters} change={(changes) => go({ ...filters, ...changes }, opened)}>
        <ExportButton key={query} query={query} zone={zone} outline={counted} />
      </FilterBar>
      <Offline />
      {broken ? (
        <Trouble
          words={t("history.unreachable")}
          retry={() => Promise.all([outline.refetch(), firstPage?.refetch()])}
          testid="history-trouble"
        />
      ) : null}
      {firstPage?.isPending && !broken ? (
        <p className={styles.hint}>
          <Loader size={16} aria-hidden="true" /> {t("history.loading")}
        </p>
      ) : null}
      {firstPage?.data?.length === 0 ? (
        <Nothing filters={filters} outline={counted} choose={(to) => go(to, null)} />
      ) : null}
      <div className={styles.body}>
        {count > 0 && firstPage?.data?.length !== 0 ? (
          <CallList
            key={query}
            query={query}
            count={count}
            marks={counted?.marks ?? []}
            zone={zone}
            opened={opened}
            open={(call) => go(filters, call)}
            onTop={setOnTop}
          />
        ) : null}
        {opened === null ? null : (
          <CallDetails
            call={opened}
            zone={zone}
            close={() => {
              go(filters, null);
              document.querySelector<HTMLElement>("[data-testid=history-open][tabindex='0']")?.focus();
            }}
          />
        )}
      </div>
      {counted?.more ? <p className={styles.hint}>{t("history.oldest")}</p> : null}
    </section>
  );
}

function Count({ outline, failed }: { outline: Outline | undefined; failed: boolean }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const n = outline?.count.toLocaleString(i18n.language);
  return (
    <>
      <span role="status" className={styles.count} data-testid="history-count">
        {n === undefined
          ? failed
            ? ""
            : t("history.counting")
          : t(outline?.more ? "history.countMore" : "history.count", { n })}
      </span>
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<RefreshCw size={14} aria-hidden="true" />}
        onClick={() => void queries.invalidateQueries({ queryKey: ["history"] })}
        data-testid="history-refresh"
      >
        {t("history.refresh")}
      </Button>
    </>
  );
}

function Offline() {
  const { t } = useTranslation();
  const { online } = useNetwork();
  return online ? null : (
    <p className={styles.offline} role="status" data-testid="history-offline">
      <WifiOff size={16} aria-hidden="true" /> {t("history.offline")}
    </p>
  );
}

interface NothingProps {
  filters: Filters;
  outline: Outline | undefined;
  choose: (filters: Filters) => void;
}

/** No call that fits; without filters none in the usual span, or none ever. */
function Nothing({ filters, outline, choose }: NothingProps) {
  const { t } = useTranslation();
  const role = useSession().data?.me.role;
  const ever = filters.span === "all";
  const filtered = countOf(filters) > 0 || (filters.span !== NO_FILTERS.span && !ever);
  const outside = role === "supervisor" && outline?.departments === 0;
  const missing = outside ? <span data-testid="history-no-grant">{t("history.empty.noGrant")}</span> : null;
  return filtered ? (
    <div className={styles.empty} data-testid="history-empty">
      <ScrollText size={30} strokeWidth={1.5} aria-hidden="true" />
      {missing === null ? null : <p>{missing}</p>}
      <p>{t("history.empty.none")}</p>
      <Button variant="light" onClick={() => choose(NO_FILTERS)}>
        {t("history.clear")}
      </Button>
    </div>
  ) : (
    <Empty
      icon={ScrollText}
      title={t(ever ? "history.empty.title" : "empty.title.calls")}
      words={missing ?? t("history.empty.body")}
      testid="history-empty"
    >
      {ever ? (
        <TowardsCalls />
      ) : (
        <Button variant="light" size="sm" onClick={() => choose({ ...NO_FILTERS, span: "all" })}>
          {t("empty.go.ever")}
        </Button>
      )}
    </Empty>
  );
}

/** A call of one's own that ended changes the list; others are looked for now and then. */
function useRefreshAfterCalls(onTop: boolean): void {
  const { state } = useDesk();
  const queries = useQueryClient();
  const ended = state?.last_call?.call_id;
  useEffect(() => {
    if (ended !== undefined && onTop) void queries.invalidateQueries({ queryKey: ["history"] });
  }, [ended, onTop, queries]);
}
