import { useTranslation } from "react-i18next";
import styles from "./MeasuresPage.module.css";
import { complete, type Group } from "./measures";
import { NothingMeasured } from "./NothingMeasured";
import { type Funnel, type FunnelLine, NOBODY_ASKED, type Permissions } from "./others";
import { Chart, type Column, FILL, LinesTable, part, Tile, useWords } from "./parts";

const COLUMNS = [
  ...(["asked", "delivered", "failed", "temporary", "permanent", "refused", "unanswered"] as const),
  ...(["called", "reached", "unasked", "revoked", "lapsed"] as const),
] as const satisfies readonly (keyof Funnel)[];

/** From asking customers for permission to talking with them. */
export function PermissionsView({ answer, by }: { answer: Permissions; by: Group }) {
  const { t } = useTranslation();
  const words = useWords();
  const { total } = answer;
  if (COLUMNS.every((column) => total[column] === 0)) {
    return <NothingMeasured view="permissions" />;
  }
  const of = (key: (typeof COLUMNS)[number] | "granted"): string => t(`measures.permissions.of.${key}`);
  const granted = total.temporary + total.permanent;
  const steps = [
    ["asked", total.asked],
    ["delivered", total.delivered],
    ["granted", granted],
    ["called", total.called],
    ["reached", total.reached],
  ] as const;
  const hints: Partial<Record<(typeof steps)[number][0], number | null>> = {
    delivered: part(total.delivered, total.asked),
    granted: part(granted, total.delivered),
    called: part(total.called, granted),
    reached: part(total.reached, total.called),
  };
  const lines = complete<FunnelLine>(answer, by, new Date(), { funnel: NOBODY_ASKED });
  const name = (line: FunnelLine): string => (by === "agent" ? asker(line) : words.group(by, line));
  const asker = ({ key, name }: FunnelLine): string => {
    if (key === null) return t("measures.permissions.asker.unknown");
    if (key === "system") return t("measures.permissions.asker.system");
    return key.startsWith("key:") ? t("measures.permissions.asker.key", { name: name ?? key }) : (name ?? key);
  };
  const columns: Column<FunnelLine>[] = COLUMNS.map((key) => ({
    key,
    name: of(key),
    shown: ({ funnel }) => words.count(funnel[key]),
    plain: ({ funnel }) => funnel[key],
  }));
  return (
    <>
      <dl className={styles.tiles}>
        {steps.map(([step, count]) => {
          const share = hints[step];
          return (
            <Tile
              key={step}
              name={step}
              label={of(step)}
              value={words.count(count)}
              hint={share === undefined ? undefined : t("measures.permissions.ofBefore", { share: words.rate(share) })}
            />
          );
        })}
        {(["refused", "unanswered", "failed", "unasked", "revoked", "lapsed"] as const).map((key) => (
          <Tile key={key} name={key} label={of(key)} value={words.count(total[key])} />
        ))}
      </dl>
      <div className={styles.charts}>
        <Chart
          question={t("measures.permissions.asks.funnel")}
          format={words.count}
          rows={steps.map(([step, count]) => ({ name: of(step), count }))}
          series={[{ key: "count", name: t("measures.permissions.requests"), fill: FILL.good }]}
        />
        <Chart
          question={t("measures.permissions.asks.answers")}
          format={words.count}
          rows={lines.map((line) => ({ name: name(line), ...pick(line.funnel) }))}
          series={[
            { key: "permanent", name: of("permanent"), fill: FILL.good, stack: "answer" },
            { key: "temporary", name: of("temporary"), fill: FILL.brand, stack: "answer" },
            { key: "refused", name: of("refused"), fill: FILL.bad, stack: "answer" },
            { key: "unanswered", name: of("unanswered"), fill: FILL.rest, stack: "answer" },
            { key: "failed", name: of("failed"), fill: FILL.warn, stack: "answer" },
          ]}
        />
      </div>
      <LinesTable
        id="funnel-table"
        title={by === "agent" ? t("measures.permissions.asker.title") : t(`measures.groups.${by}`)}
        first={name}
        lines={lines}
        columns={columns}
        testid="funnel"
        file={`ramal-permissions-${by}`}
      />
      <p className={styles.note}>{t("measures.permissions.note")}</p>
    </>
  );
}

function pick({ permanent, temporary, refused, unanswered, failed }: Funnel): Record<string, number> {
  return { permanent, temporary, refused, unanswered, failed };
}
