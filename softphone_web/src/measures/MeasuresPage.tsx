import "../i18n/leaders";
import { Button, Loader, NativeSelect } from "@mantine/core";
import { Download } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { clockTime } from "../i18n/format";
import { Trouble } from "../shell/Trouble";
import styles from "./MeasuresPage.module.css";
import {
  asCsv,
  complete,
  GROUPS,
  type Group,
  type MeasuredLine,
  type Measures,
  readWish,
  SPANS_DAYS,
  useMeasures,
  type Wish,
  writeWish,
} from "./measures";

const CallsChart = lazy(async () => ({ default: (await import("./CallsChart")).CallsChart }));

/** How well calls are answered. What is looked at stands in the address, and survives a reload. */
export function MeasuresPage() {
  const { t } = useTranslation();
  const search = useSearch();
  const [path, navigate] = useLocation();
  const wish = readWish(search);
  const measures = useMeasures(wish);
  const choose = (changes: Partial<Wish>): void =>
    navigate(`${path}?${writeWish({ ...wish, ...changes })}`, { replace: true });
  return (
    <section className={styles.page} aria-labelledby="measures-title" data-testid="measures">
      <h1 id="measures-title">{t("measures.title")}</h1>
      <div className={styles.choices}>
        <NativeSelect
          aria-label={t("measures.span")}
          value={String(wish.days)}
          onChange={({ currentTarget: { value } }) =>
            choose({ days: SPANS_DAYS.find((known) => String(known) === value) ?? wish.days })
          }
          data={SPANS_DAYS.map((days) => ({
            value: String(days),
            label: days === 1 ? t("measures.today") : t("measures.lastDays", { days }),
          }))}
          data-testid="measures-span"
        />
        <NativeSelect
          aria-label={t("measures.by")}
          value={wish.by}
          onChange={({ currentTarget: { value } }) =>
            choose({ by: GROUPS.find((known) => known === value) ?? wish.by })
          }
          data={GROUPS.map((by) => ({ value: by, label: t(`measures.groups.${by}`) }))}
          data-testid="measures-by"
        />
      </div>
      {measures.isError ? (
        <Trouble words={t("measures.unreachable")} retry={measures.refetch} testid="measures-trouble" />
      ) : null}
      {measures.isPending ? <Loader size="sm" aria-label={t("shell.loading")} /> : null}
      {measures.data ? <Shown measures={measures.data} by={wish.by} stale={measures.isPlaceholderData} /> : null}
    </section>
  );
}

function Shown({ measures, by, stale }: { measures: Measures; by: Group; stale: boolean }) {
  const { t } = useTranslation();
  const words = useWords();
  const { inbound, outbound } = measures.total;
  if (inbound.offered + outbound.placed === 0) return <p className={styles.none}>{t("measures.none")}</p>;
  const lines = complete(measures, by, new Date());
  const bars = lines.map((line) => ({
    name: words.group(by, line),
    answered: line.inbound.answered,
    lost: line.inbound.missed + line.inbound.abandoned,
    out: line.outbound.placed,
  }));
  return (
    <div data-stale={stale || undefined} className={styles.shown}>
      <dl className={styles.tiles}>
        <Tile name="offered" value={words.count(inbound.offered)} />
        <Tile name="answerRate" value={words.rate(inbound.answer_rate)} />
        <Tile name="serviceLevel" value={words.rate(inbound.service_level)} hint={{ seconds: measures.level_s }} />
        <Tile name="abandonmentRate" value={words.rate(inbound.abandonment_rate)} />
        <Tile name="pickupRate" value={words.rate(inbound.pickup_rate)} />
        <Tile name="meanAnswer" value={words.time(inbound.mean_answer_s)} />
        <Tile name="meanTalk" value={words.time(inbound.mean_talk_s)} />
        <Tile name="placed" value={words.count(outbound.placed)} />
        <Tile name="outAnswerRate" value={words.rate(outbound.answer_rate)} />
      </dl>
      <Suspense fallback={<div className={styles.chart} />}>
        {/* The table below says the same to who does not see it. */}
        <div className={styles.chart} aria-hidden="true">
          <CallsChart
            bars={bars}
            words={{ answered: t("measures.of.answered"), lost: t("measures.of.lost"), out: t("measures.of.placed") }}
          />
        </div>
      </Suspense>
      <Table lines={lines} by={by} />
    </div>
  );
}

const HINTED = ["serviceLevel", "pickupRate"] as const;

type TileName =
  | "offered"
  | "answerRate"
  | "serviceLevel"
  | "abandonmentRate"
  | "pickupRate"
  | "meanAnswer"
  | "meanTalk"
  | "placed"
  | "outAnswerRate";

function Tile({ name, value, hint = {} }: { name: TileName; value: string; hint?: Record<string, number> }) {
  const { t } = useTranslation();
  const hinted = HINTED.find((known) => known === name);
  return (
    <div className={styles.tile} data-testid={`tile-${name}`}>
      <dt>{t(`measures.of.${name}`)}</dt>
      <dd>{value}</dd>
      {hinted === undefined ? null : <dd className={styles.hint}>{t(`measures.hints.${hinted}`, hint)}</dd>}
    </div>
  );
}

const COLUMNS = [
  "offered",
  "answered",
  "lost",
  "serviceLevel",
  "meanAnswer",
  "meanTalk",
  "placed",
  "outAnswered",
] as const;

function Table({ lines, by }: { lines: MeasuredLine[]; by: Group }) {
  const { t } = useTranslation();
  const words = useWords();
  const cells = (line: MeasuredLine): Record<(typeof COLUMNS)[number], string> => ({
    offered: words.count(line.inbound.offered),
    answered: words.count(line.inbound.answered),
    lost: words.count(line.inbound.missed + line.inbound.abandoned),
    serviceLevel: words.rate(line.inbound.service_level),
    meanAnswer: words.time(line.inbound.mean_answer_s),
    meanTalk: words.time(line.inbound.mean_talk_s),
    placed: words.count(line.outbound.placed),
    outAnswered: words.count(line.outbound.answered),
  });
  const csv = (): string =>
    asCsv(
      [t(`measures.groups.${by}`), ...COLUMNS.map((column) => t(`measures.of.${column}`))],
      lines.map(({ key, name, inbound, outbound }) => [
        name ?? key,
        inbound.offered,
        inbound.answered,
        inbound.missed + inbound.abandoned,
        inbound.service_level,
        inbound.mean_answer_s,
        inbound.mean_talk_s,
        outbound.placed,
        outbound.answered,
      ]),
    );
  return (
    <>
      <div className={styles.tableHead}>
        <h2 id="measures-table">{t(`measures.groups.${by}`)}</h2>
        <Button
          variant="default"
          size="xs"
          leftSection={<Download size={15} aria-hidden="true" />}
          onClick={() => save(csv(), `ramal-${by}.csv`)}
          data-testid="measures-csv"
        >
          {t("measures.csv")}
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse must be able to scroll it */}
      <section className={styles.scroller} tabIndex={0} aria-labelledby="measures-table">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t(`measures.groups.${by}`)}</th>
              {COLUMNS.map((column) => (
                <th key={column} scope="col">
                  {t(`measures.of.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => {
              const told = cells(line);
              return (
                <tr key={line.key} data-testid="measured" data-key={line.key}>
                  <th scope="row">{words.group(by, line)}</th>
                  {COLUMNS.map((column) => (
                    <td key={column}>{told[column]}</td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </>
  );
}

function useWords() {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  return {
    count: (value: number): string => value.toLocaleString(language),
    rate: (value: number | null): string =>
      value === null ? "–" : value.toLocaleString(language, { style: "percent", maximumFractionDigits: 1 }),
    time: (seconds: number | null): string => (seconds === null ? "–" : clockTime(Math.round(seconds))),
    group: (by: Group, { key, name }: MeasuredLine): string => {
      if (key === null) return t(`measures.without.${by === "agent" ? "agent" : "department"}`);
      if (by === "hour") return `${key.padStart(2, "0")}:00`;
      if (by !== "day") return name ?? key;
      const [year = 0, month = 1, day = 1] = key.split("-").map(Number);
      return new Date(year, month - 1, day).toLocaleDateString(language, { day: "2-digit", month: "2-digit" });
    },
  };
}

/** Hands a text to the browser as a file. The mark at its beginning tells spreadsheets that it is UTF-8. */
function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
