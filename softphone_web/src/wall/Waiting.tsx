import { useTranslation } from "react-i18next";
import type { WallCall } from "../contract/messages";
import { CallTable } from "./CallTable";
import { CallStateMark } from "./marks";
import { Waited } from "./Since";
import { Caller } from "./Up";
import styles from "./Wall.module.css";

const COLUMNS = ["state", "caller", "time", "place", "department", "number", "rung"] as const;

interface Props {
  calls: readonly WallCall[];
  places: ReadonlyMap<string, number>;
  departmentOf: (id: number | null) => string;
  filtered: boolean;
  row_px: number;
}

/** Customers who have no agent yet, who has waited longest first. */
export function Waiting({ calls, places, departmentOf, filtered, row_px }: Props) {
  const { t } = useTranslation();
  return (
    <section className={styles.block} aria-labelledby="wall-waiting-title" data-testid="wall-waiting">
      <h2 id="wall-waiting-title">
        {t("wall.waiting.title")} <span className={styles.count}>{calls.length}</span>
      </h2>
      {calls.length === 0 ? (
        <p className={styles.none}>{t(filtered ? "wall.noneFits" : "wall.waiting.none")}</p>
      ) : (
        <CallTable
          labelledBy="wall-waiting-title"
          columns={COLUMNS.map((name) => ({ name, label: t(`wall.column.${name}`) }))}
          calls={calls}
          row_px={row_px}
          testid="wall-waiting-table"
          onlyWide={["number"]}
          cellOf={(call, column) => {
            switch (column) {
              case "state":
                return <CallStateMark call={call} />;
              case "caller":
                return <Caller call={call} />;
              case "time":
                return <Waited unix_s={call.since_unix_s} />;
              case "place":
                return placeWords(call, places, t("none"), t("wall.waiting.alone"));
              case "department":
                return departmentOf(call.line_department_id);
              case "number":
                return call.number_label;
              case "rung":
                return call.phase === "waiting" ? t("wall.waiting.rung", { n: call.rung_for }) : null;
            }
          }}
        />
      )}
    </section>
  );
}

function placeWords(call: WallCall, places: ReadonlyMap<string, number>, none: string, alone: string): string {
  if (call.alone) return alone;
  const place = places.get(call.call_id);
  return place === undefined ? none : String(place);
}
