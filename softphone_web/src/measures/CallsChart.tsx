import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

export interface CallsBar {
  name: string;
  answered: number;
  lost: number;
  out: number;
}

/** Calls of customers stacked by what became of them, calls of ours beside them. */
export function CallsChart({ bars, words }: { bars: CallsBar[]; words: Record<"answered" | "lost" | "out", string> }) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={bars} margin={{ top: 8, right: 8, bottom: 0, left: -12 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="name" stroke="var(--ink-faint)" fontSize={13} tickLine={false} minTickGap={8} />
        <YAxis allowDecimals={false} stroke="var(--ink-faint)" fontSize={13} tickLine={false} axisLine={false} />
        <Tooltip
          cursor={{ fill: "var(--rest-soft)" }}
          contentStyle={{ background: "var(--panel)", borderColor: "var(--line)", borderRadius: 10 }}
          labelStyle={{ color: "var(--ink)" }}
          itemStyle={{ color: "var(--ink)" }}
        />
        <Legend
          wrapperStyle={{ fontSize: 14 }}
          formatter={(word) => <span style={{ color: "var(--ink-soft)" }}>{word}</span>}
        />
        <Bar
          dataKey="answered"
          name={words.answered}
          stackId="in"
          fill="var(--ok-fill)"
          isAnimationActive={false}
          maxBarSize={34}
        />
        <Bar
          dataKey="lost"
          name={words.lost}
          stackId="in"
          fill="var(--bad-fill)"
          radius={[3, 3, 0, 0]}
          isAnimationActive={false}
          maxBarSize={34}
        />
        <Bar
          dataKey="out"
          name={words.out}
          fill="var(--rest)"
          radius={[3, 3, 0, 0]}
          isAnimationActive={false}
          maxBarSize={34}
        />
      </BarChart>
    </ResponsiveContainer>
  );
}
