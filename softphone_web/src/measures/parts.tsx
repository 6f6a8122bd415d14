/** What the views of metrics are made of: figures, charts, and the table that says the same as all charts. */
import { Button } from "@mantine/core";
import { Download } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { clockTime } from "../i18n/format";
import styles from "./MeasuresPage.module.css";
import { asCsv, type Group, type Line, save } from "./measures";
import type { ChartRow, Series } from "./SeriesChart";

const SeriesChart = lazy(async () => ({ default: (await import("./SeriesChart")).SeriesChart }));

/** The same colour for the same thing in every chart. */
export const FILL = {
  good: "var(--ok-fill)",
  bad: "var(--bad-fill)",
  warn: "var(--warn)",
  rest: "var(--rest)",
  brand: "var(--brand)",
  faint: "var(--ink-faint)",
} as const;

interface TileProps {
  name: string;
  label: string;
  value: string;
  hint?: string | undefined;
}

export function Tile({ name, label, value, hint }: TileProps) {
  return (
    <div className={styles.tile} data-testid={`tile-${name}`}>
      <dt>{label}</dt>
      <dd>{value}</dd>
      {hint === undefined ? null : <dd className={styles.hint}>{hint}</dd>}
    </div>
  );
}

interface ChartProps {
  question: string;
  rows: ChartRow[];
  series: Series[];
  lines?: boolean;
  whole?: boolean;
  format: (value: number) => string;
}

/** It answers one question. The table says the same to who does not see it. */
export function Chart({ question, rows, series, lines = false, whole = true, format }: ChartProps) {
  return (
    <div className={styles.chart} aria-hidden="true">
      <h2>{question}</h2>
      <div className={styles.drawing}>
        <Suspense fallback={null}>
          <SeriesChart rows={rows} series={series} lines={lines} whole={whole} format={format} />
        </Suspense>
      </div>
    </div>
  );
}

/** One column: what is shown, and what stands in a file. */
export interface Column<L> {
  key: string;
  name: string;
  shown: (line: L) => string;
  plain: (line: L) => string | number | null;
}

interface LinesTableProps<L extends Line> {
  id: string;
  title: string;
  first: (line: L) => string;
  lines: L[];
  columns: Column<L>[];
  /** Of the row that is a test's. */
  testid: string;
  file: string;
}

export function LinesTable<L extends Line>({ id, title, first, lines, columns, testid, file }: LinesTableProps<L>) {
  const { t } = useTranslation();
  const csv = (): string =>
    asCsv(
      [title, ...columns.map(({ name }) => name)],
      lines.map((line) => [line.name ?? line.key, ...columns.map(({ plain }) => plain(line))]),
    );
  return (
    <>
      <div className={styles.tableHead}>
        <h2 id={id}>{title}</h2>
        <Button
          variant="default"
          size="xs"
          leftSection={<Download size={15} aria-hidden="true" />}
          aria-label={t("measures.csvOf", { what: title })}
          onClick={() => save(csv(), `${file}.csv`)}
          data-testid={`${testid}-csv`}
        >
          {t("measures.csv")}
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse must be able to scroll it */}
      <section className={styles.scroller} tabIndex={0} aria-labelledby={id}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{title}</th>
              {columns.map(({ key, name }) => (
                <th key={key} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.key} data-testid={testid} data-key={line.key}>
                <th scope="row">{first(line)}</th>
                {columns.map(({ key, shown }) => (
                  <td key={key}>{shown(line)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

/** Figures in the reader's way of writing; `–` where nothing was counted. */
export function useWords() {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const decimal = (value: number, digits: number): string =>
    value.toLocaleString(language, { maximumFractionDigits: digits });
  return {
    language,
    count: (value: number): string => value.toLocaleString(language),
    rate: (value: number | null): string =>
      value === null ? "–" : value.toLocaleString(language, { style: "percent", maximumFractionDigits: 1 }),
    time: (seconds: number | null): string => (seconds === null ? "–" : clockTime(Math.round(seconds))),
    decimal: (value: number | null, digits = 1): string => (value === null ? "–" : decimal(value, digits)),
    unit: (value: number | null, unit: string, digits = 0): string =>
      value === null ? "–" : `${decimal(value, digits)} ${unit}`,
    group: (by: Group, { key, name }: Line): string => {
      if (key === null) return t(`measures.without.${by === "agent" ? "agent" : "department"}`);
      if (by === "hour") return `${key.padStart(2, "0")}:00`;
      if (by !== "day") return name ?? key;
      const [year = 0, month = 1, day = 1] = key.split("-").map(Number);
      return new Date(year, month - 1, day).toLocaleDateString(language, { day: "2-digit", month: "2-digit" });
    },
  };
}

export function isTime(by: Group): boolean {
  return by === "day" || by === "hour";
}

export function part(some: number, all: number): number | null {
  return all === 0 ? null : some / all;
}
