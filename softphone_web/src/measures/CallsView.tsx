import { useTranslation } from "react-i18next";
import styles from "./MeasuresPage.module.css";
import { complete, type Group, type MeasuredLine, type Measures, NOBODY_CALLED } from "./measures";
import { NothingMeasured } from "./NothingMeasured";
import { Chart, type Column, FILL, isTime, LinesTable, Tile, useWords } from "./parts";

/** How many calls there were, what became of them, how long people waited, and how long work took. */
export function CallsView({ answer, by, ofAgent }: { answer: Measures; by: Group; ofAgent: boolean }) {
  const { t } = useTranslation();
  const words = useWords();
  const { inbound, outbound, work } = answer.total;
  if (inbound.offered + outbound.placed + answer.lines.length === 0) return <NothingMeasured view="calls" />;
  const lines = complete(answer, by, new Date(), NOBODY_CALLED);
  const name = (line: MeasuredLine): string => words.group(by, line);
  const of = (key: keyof typeof NAMES): string => t(`measures.of.${key}`);
  const time = (seconds: number): string => words.time(seconds);
  return (
    <>
      <dl className={styles.tiles}>
        <Tile name="offered" label={of("offered")} value={words.count(inbound.offered)} />
        <Tile name="answerRate" label={t("measures.of.answerRate")} value={words.rate(inbound.answer_rate)} />
        <Tile
          name="serviceLevel"
          label={of("serviceLevel")}
          value={words.rate(inbound.service_level)}
          hint={t("measures.hints.serviceLevel", { seconds: answer.level_s })}
        />
        <Tile name="abandonmentRate" label={of("abandonmentRate")} value={words.rate(inbound.abandonment_rate)} />
        <Tile
          name="pickupRate"
          label={of("pickupRate")}
          value={words.rate(inbound.pickup_rate)}
          hint={t("measures.hints.pickupRate")}
        />
        <Tile name="meanAnswer" label={of("meanAnswer")} value={words.time(inbound.mean_answer_s)} />
        <Tile name="meanTalk" label={of("meanTalk")} value={words.time(inbound.mean_talk_s)} />
        <Tile
          name="meanHold"
          label={of("meanHold")}
          value={words.time(work.mean_held_s)}
          hint={t("measures.hints.meanHold", { calls: words.count(work.held_calls), total: words.time(work.held_s) })}
        />
        <Tile
          name="meanWrapUp"
          label={of("meanWrapUp")}
          value={words.time(work.mean_wrap_up_s)}
          hint={t("measures.hints.meanWrapUp", { total: words.time(work.wrap_up_s) })}
        />
        <Tile name="placed" label={of("placed")} value={words.count(outbound.placed)} />
        <Tile name="outAnswerRate" label={t("measures.of.outAnswerRate")} value={words.rate(outbound.answer_rate)} />
      </dl>
      <div className={styles.charts}>
        <Chart
          question={t("measures.asks.volume")}
          format={words.count}
          rows={lines.map((line) => ({
            name: name(line),
            answered: line.inbound.answered,
            missed: line.inbound.missed,
            abandoned: line.inbound.abandoned,
            refused: line.inbound.refused + line.inbound.failed,
          }))}
          series={[
            { key: "answered", name: of("answered"), fill: FILL.good, stack: "in" },
            { key: "missed", name: of("missed"), fill: FILL.bad, stack: "in" },
            { key: "abandoned", name: of("abandoned"), fill: FILL.warn, stack: "in" },
            { key: "refused", name: t("measures.of.notTaken"), fill: FILL.faint, stack: "in" },
          ]}
        />
        <Chart
          question={t("measures.asks.outbound")}
          format={words.count}
          rows={lines.map((line) => ({
            name: name(line),
            answered: line.outbound.answered,
            unanswered: line.outbound.unanswered,
            declined: line.outbound.declined,
            failed: line.outbound.failed,
          }))}
          series={[
            { key: "answered", name: of("outAnswered"), fill: FILL.good, stack: "out" },
            { key: "unanswered", name: of("outUnanswered"), fill: FILL.bad, stack: "out" },
            { key: "declined", name: of("outDeclined"), fill: FILL.warn, stack: "out" },
            { key: "failed", name: of("outFailed"), fill: FILL.faint, stack: "out" },
          ]}
        />
        <Chart
          question={t("measures.asks.rates")}
          lines={isTime(by)}
          whole={false}
          format={words.rate}
          rows={lines.map((line) => ({
            name: name(line),
            level: line.inbound.service_level,
            abandonment: line.inbound.abandonment_rate,
            pickup: line.inbound.pickup_rate,
          }))}
          series={[
            { key: "level", name: of("serviceLevel"), fill: FILL.good },
            { key: "abandonment", name: of("abandonmentRate"), fill: FILL.bad },
            { key: "pickup", name: of("pickupRate"), fill: FILL.rest },
          ]}
        />
        <Chart
          question={t("measures.asks.times")}
          lines={isTime(by)}
          format={time}
          rows={lines.map((line) => ({
            name: name(line),
            answer: line.inbound.mean_answer_s,
            talk: line.inbound.mean_talk_s,
            hold: line.work.mean_held_s,
            wrapUp: line.work.mean_wrap_up_s,
          }))}
          series={[
            { key: "answer", name: of("meanAnswer"), fill: FILL.bad },
            { key: "talk", name: of("meanTalk"), fill: FILL.good },
            { key: "hold", name: of("meanHold"), fill: FILL.warn },
            { key: "wrapUp", name: of("meanWrapUp"), fill: FILL.rest },
          ]}
        />
      </div>
      <LinesTable
        id="measures-table"
        title={t(`measures.groups.${by}`)}
        first={name}
        lines={lines}
        columns={useColumns()}
        testid="measured"
        file={`ramal-${by}`}
      />
      {ofAgent ? (
        <p className={styles.note} data-testid="measures-own">
          {t("measures.own")}
        </p>
      ) : null}
    </>
  );
}

type Kind = "count" | "rate" | "time";

/** Each column of the table, in order: how it is written, and what it is of a line. */
const NAMES = {
  offered: ["count", ({ inbound }: MeasuredLine) => inbound.offered],
  answered: ["count", ({ inbound }: MeasuredLine) => inbound.answered],
  lost: ["count", ({ inbound }: MeasuredLine) => inbound.missed + inbound.abandoned],
  missed: ["count", ({ inbound }: MeasuredLine) => inbound.missed],
  abandoned: ["count", ({ inbound }: MeasuredLine) => inbound.abandoned],
  refused: ["count", ({ inbound }: MeasuredLine) => inbound.refused],
  failed: ["count", ({ inbound }: MeasuredLine) => inbound.failed],
  serviceLevel: ["rate", ({ inbound }: MeasuredLine) => inbound.service_level],
  abandonmentRate: ["rate", ({ inbound }: MeasuredLine) => inbound.abandonment_rate],
  pickupRate: ["rate", ({ inbound }: MeasuredLine) => inbound.pickup_rate],
  meanAnswer: ["time", ({ inbound }: MeasuredLine) => inbound.mean_answer_s],
  talked: ["count", ({ inbound }: MeasuredLine) => inbound.talked],
  meanTalk: ["time", ({ inbound }: MeasuredLine) => inbound.mean_talk_s],
  talkTotal: ["time", ({ inbound }: MeasuredLine) => inbound.talk_s],
  meanHold: ["time", ({ work }: MeasuredLine) => work.mean_held_s],
  heldTotal: ["time", ({ work }: MeasuredLine) => work.held_s],
  meanWrapUp: ["time", ({ work }: MeasuredLine) => work.mean_wrap_up_s],
  wrapUpTotal: ["time", ({ work }: MeasuredLine) => work.wrap_up_s],
  placed: ["count", ({ outbound }: MeasuredLine) => outbound.placed],
  outAnswered: ["count", ({ outbound }: MeasuredLine) => outbound.answered],
  outUnanswered: ["count", ({ outbound }: MeasuredLine) => outbound.unanswered],
  outDeclined: ["count", ({ outbound }: MeasuredLine) => outbound.declined],
  outFailed: ["count", ({ outbound }: MeasuredLine) => outbound.failed],
  outTalked: ["count", ({ outbound }: MeasuredLine) => outbound.talked],
  outMeanTalk: ["time", ({ outbound }: MeasuredLine) => outbound.mean_talk_s],
  outTalkTotal: ["time", ({ outbound }: MeasuredLine) => outbound.talk_s],
} as const satisfies Record<string, readonly [Kind, (line: MeasuredLine) => number | null]>;

function useColumns(): Column<MeasuredLine>[] {
  const { t } = useTranslation();
  const words = useWords();
  return Object.entries(NAMES).map(([key, [kind, value]]) => ({
    key,
    name: t(`measures.of.${key as keyof typeof NAMES}`),
    shown: (line) => {
      const found = value(line);
      return kind === "count" ? words.count(found ?? 0) : words[kind](found);
    },
    plain: value,
  }));
}
