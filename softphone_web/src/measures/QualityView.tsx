import { useTranslation } from "react-i18next";
import styles from "./MeasuresPage.module.css";
import { complete, type Group } from "./measures";
import { NothingMeasured } from "./NothingMeasured";
import { NOTHING_HEARD, type Qualities, type QualityLine, type Side } from "./others";
import { Chart, type Column, FILL, LinesTable, part, Tile, useWords } from "./parts";

const SIDES = ["customer", "agent"] as const;
const FIGURES = ["mos", "loss_percent", "jitter_ms", "round_trip_ms"] as const;
const LIGHTS = ["good", "fair", "poor"] as const;

/** How calls sounded: on the way to customers, and on the way to agents. */
export function QualityView({ answer, by }: { answer: Qualities; by: Group }) {
  const { t } = useTranslation();
  const words = useWords();
  const { total } = answer;
  if (total === null) return <NothingMeasured view="quality" />;
  const figure = (side: Side, key: (typeof FIGURES)[number]): string => {
    switch (key) {
      case "mos":
        return words.decimal(side.mos, 2);
      case "loss_percent":
        return side.loss_percent === null ? "–" : words.rate(side.loss_percent / 100);
      default:
        return words.unit(side[key], "ms");
    }
  };
  const lines = complete<QualityLine>(answer, by, new Date(), NOTHING_HEARD);
  const name = (line: QualityLine): string => words.group(by, line);
  const both = SIDES.flatMap((side) => [
    ...LIGHTS.map(
      (light): Column<QualityLine> => ({
        key: `${side}-${light}`,
        name: t(`measures.quality.${side}.${light}`),
        shown: (line) => words.count(line[side][light]),
        plain: (line) => line[side][light],
      }),
    ),
    ...FIGURES.map(
      (key): Column<QualityLine> => ({
        key: `${side}-${key}`,
        name: t(`measures.quality.${side}.${key}`),
        shown: (line) => figure(line[side], key),
        plain: (line) => line[side][key],
      }),
    ),
  ]);
  const columns: Column<QualityLine>[] = [
    {
      key: "calls",
      name: t("measures.quality.calls"),
      shown: ({ calls }) => words.count(calls),
      plain: ({ calls }) => calls,
    },
    ...both,
  ];
  return (
    <>
      {SIDES.map((side) => {
        const { good, fair, poor } = total[side];
        return (
          <section key={side} aria-labelledby={`quality-${side}`}>
            <h2 id={`quality-${side}`} className={styles.part}>
              {t(`measures.quality.${side}.title`)}
            </h2>
            <dl className={styles.tiles}>
              <Tile
                name={`${side}-good`}
                label={t("measures.quality.shareGood")}
                value={words.rate(part(good, good + fair + poor))}
                hint={t("measures.quality.ofCalls", { calls: words.count(good + fair + poor) })}
              />
              {FIGURES.map((key) => (
                <Tile
                  key={key}
                  name={`${side}-${key}`}
                  label={t(`measures.quality.mean.${key}`)}
                  value={figure(total[side], key)}
                />
              ))}
            </dl>
          </section>
        );
      })}
      <div className={styles.charts}>
        {SIDES.map((side) => (
          <Chart
            key={side}
            question={t(`measures.quality.${side}.ask`)}
            format={words.count}
            rows={lines.map((line) => ({
              name: name(line),
              good: line[side].good,
              fair: line[side].fair,
              poor: line[side].poor,
            }))}
            series={LIGHTS.map((light) => ({
              key: light,
              name: t(`measures.quality.light.${light}`),
              fill: { good: FILL.good, fair: FILL.warn, poor: FILL.bad }[light],
              stack: "sound",
            }))}
          />
        ))}
      </div>
      <LinesTable
        id="quality-table"
        title={t(`measures.groups.${by}`)}
        first={name}
        lines={lines}
        columns={columns}
        testid="quality"
        file={`ramal-quality-${by}`}
      />
      <p className={styles.note}>{t("measures.quality.note")}</p>
    </>
  );
}
