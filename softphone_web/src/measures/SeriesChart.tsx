import {
  Bar,
  BarChart,
  CartesianGrid,
  Legend,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

/** One thing that is drawn. Those with the same `stack` stand on each other. */
export interface Series {
  key: string;
  name: string;
  fill: string;
  stack?: string;
}

export interface ChartRow {
  name: string;
  [key: string]: string | number | null;
}

interface SeriesChartProps {
  rows: ChartRow[];
  series: Series[];
  lines: boolean;
  /** What is drawn are counts. */
  whole: boolean;
  format: (value: number) => string;
}

const AXIS = { stroke: "var(--ink-faint)", fontSize: 13, tickLine: false } as const;

/** Bars, or lines where it goes on from day to day or hour to hour. */
export function SeriesChart({ rows, series, lines, whole, format }: SeriesChartProps) {
  const shared = { data: rows, margin: { top: 8, right: 8, bottom: 0, left: 0 }, accessibilityLayer: false };
  const parts = (
    <>
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis dataKey="name" {...AXIS} minTickGap={8} />
      <YAxis allowDecimals={!whole} {...AXIS} axisLine={false} width={54} tickFormatter={format} />
      <Tooltip
        cursor={{ fill: "var(--rest-soft)", stroke: "var(--line)" }}
        contentStyle={{ background: "var(--panel)", borderColor: "var(--line)", borderRadius: 10 }}
        labelStyle={{ color: "var(--ink)" }}
        itemStyle={{ color: "var(--ink)" }}
        formatter={(value) => format(Number(value))}
      />
      <Legend
        wrapperStyle={{ fontSize: 14 }}
        formatter={(word) => <span style={{ color: "var(--ink-soft)" }}>{word}</span>}
      />
    </>
  );
  return (
    <ResponsiveContainer width="100%" height="100%">
      {lines ? (
        <LineChart {...shared}>
          {parts}
          {series.map(({ key, name, fill }) => (
            <Line
              key={key}
              dataKey={key}
              name={name}
              stroke={fill}
              strokeWidth={2}
              dot={{ r: 2.5, fill }}
              connectNulls
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      ) : (
        <BarChart {...shared}>
          {parts}
          {series.map(({ key, name, fill, stack }) => (
            <Bar
              key={key}
              dataKey={key}
              name={name}
              fill={fill}
              {...(stack === undefined ? {} : { stackId: stack })}
              isAnimationActive={false}
              maxBarSize={34}
            />
          ))}
        </BarChart>
      )}
    </ResponsiveContainer>
  );
}
