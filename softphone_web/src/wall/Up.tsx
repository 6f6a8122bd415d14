import { ActionIcon, NativeSelect, VisuallyHidden } from "@mantine/core";
import { ArrowDownLeft, ArrowUpRight, Headphones } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { WallCall } from "../contract/messages";
import { useDesk } from "../desk/DeskProvider";
import { supervised } from "../desk/desk";
import { CallTable } from "./CallTable";
import { CallStateMark, RecordingMark, SoundMark, SupervisorMark } from "./marks";
import { Since } from "./Since";
import { SupervisePart } from "./SupervisePart";
import styles from "./Wall.module.css";
import { isUp, type Wall, type Wish } from "./wall";

const COLUMNS = ["state", "caller", "agent", "time", "sound", "recording", "number", "supervise"] as const;

interface Props {
  wall: Wall;
  calls: readonly WallCall[];
  order: Wish["order"];
  setOrder: (order: Wish["order"]) => void;
  filtered: boolean;
  row_px: number;
  part_px: number;
}

/** Calls that agents have, each with the ways into it. */
export function Up({ wall, calls, order, setOrder, filtered, row_px, part_px }: Props) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<string | null>(null);
  const mine = supervised(useDesk())?.call_id;
  const openedCall = calls.find((call) => call.call_id === opened);
  return (
    <section className={styles.block} aria-labelledby="wall-up-title" data-testid="wall-up">
      <div className={styles.blockHead}>
        <h2 id="wall-up-title">
          {t("wall.up.title")} <span className={styles.count}>{calls.length}</span>
        </h2>
        <NativeSelect
          size="xs"
          aria-label={t("wall.up.order")}
          value={order}
          onChange={({ currentTarget: { value } }) => setOrder(value === "newest" ? "newest" : "longest")}
          data={(["longest", "newest"] as const).map((value) => ({ value, label: t(`wall.up.${value}`) }))}
          data-testid="wall-order"
        />
      </div>
      {calls.length === 0 ? (
        <p className={styles.none}>{t(filtered ? "wall.noneFits" : "wall.up.none")}</p>
      ) : (
        <CallTable
          labelledBy="wall-up-title"
          columns={COLUMNS.map((name) => ({ name, label: t(`wall.column.${name}`) }))}
          calls={calls}
          row_px={row_px}
          opened={
            openedCall === undefined
              ? null
              : { call_id: openedCall.call_id, px: part_px, part: <SupervisePart wall={wall} call={openedCall} /> }
          }
          testid="wall-up-table"
          onlyWide={["number"]}
          cellOf={(call, column, reached) => {
            switch (column) {
              case "state":
                return <CallStateMark call={call} />;
              case "caller":
                return <Caller call={call} />;
              case "agent":
                return call.agent ?? t("none");
              case "time":
                return <Since unix_s={call.since_unix_s} />;
              case "sound":
                return <SoundMark call={call} />;
              case "recording":
                return (
                  <>
                    <RecordingMark call={call} />
                    <SupervisorMark call={call} />
                  </>
                );
              case "number":
                return call.number_label;
              case "supervise":
                return isUp(call) ? (
                  <SuperviseButton
                    call={call}
                    opened={opened === call.call_id}
                    mine={mine === call.call_id}
                    reached={reached}
                    open={(open) => setOpened(open ? call.call_id : null)}
                  />
                ) : null;
            }
          }}
        />
      )}
    </section>
  );
}

interface ButtonProps {
  call: WallCall;
  opened: boolean;
  mine: boolean;
  reached: boolean;
  open: (open: boolean) => void;
}

function SuperviseButton({ call, opened, mine, reached, open }: ButtonProps) {
  const { t } = useTranslation();
  const label = t("wall.supervise.of", { caller: call.name ?? call.label });
  return (
    <ActionIcon
      variant={mine ? "filled" : opened ? "light" : "subtle"}
      size={30}
      aria-label={label}
      title={label}
      aria-expanded={opened}
      tabIndex={reached ? 0 : -1}
      onClick={() => open(!opened)}
      data-testid="wall-supervise"
    >
      <Headphones size={17} aria-hidden="true" />
    </ActionIcon>
  );
}

/** Who calls or is called: an arrow says which, and a word to who does not see it. */
export function Caller({ call }: { call: WallCall }) {
  const { t } = useTranslation();
  const Arrow = call.direction === "inbound" ? ArrowDownLeft : ArrowUpRight;
  return (
    <span className={styles.caller}>
      <Arrow size={14} aria-hidden="true" />
      <VisuallyHidden>{t(`wall.direction.${call.direction}`)}</VisuallyHidden>
      <strong>{call.name ?? call.label}</strong>
      {call.name === null ? null : <span>{call.label}</span>}
    </span>
  );
}
