import { VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { AudioLines, Hourglass, PhoneCall, PhoneIncoming, PhoneMissed, PhoneOff, PhoneOutgoing } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { keptOf } from "../calls/ReplayButton";
import { clockTime } from "../i18n/format";
import styles from "./HistoryPage.module.css";
import { type HistoryCall, PAGE, usePages } from "./history";
import { callerOf, outcomeOf, whenOf, whyOf } from "./words";

const ROW_PX = 58;
const NARROW_ROW_PX = 72;
const OVERSCAN = 12;
const JUMP = 10;

interface Props {
  query: string;
  count: number;
  marks: readonly string[];
  zone: string;
  opened: string | null;
  open: (call: string) => void;
  /** Whether the top of the list is in view, where new calls come. */
  onTop: (there: boolean) => void;
}

/** As many lines as there are calls, of which only those in view exist; their pages are fetched as they come. */
export function CallList({ query, count, marks, zone, opened, open, onTop }: Props) {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 760px)") ?? false;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const height = narrow ? NARROW_ROW_PX : ROW_PX;
  const lines = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    onChange: ({ scrollOffset }) => onTop((scrollOffset ?? 0) < height),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: lines have another height when the window is another
  useEffect(() => lines.measure(), [height]);
  const shown = lines.getVirtualItems();
  const first = Math.floor((shown[0]?.index ?? 0) / PAGE);
  const last = Math.floor((shown.at(-1)?.index ?? 0) / PAGE);
  const numbers = Array.from({ length: last - first + 1 }, (_, place) => first + place);
  const pages = usePages(query, marks, numbers, first === 0);
  const callAt = (index: number): HistoryCall | undefined =>
    pages[Math.floor(index / PAGE) - first]?.data?.[index % PAGE];

  const moving = useRef(false);
  const visible = shown.some(({ index }) => index === active);
  const tabbed = visible ? active : (shown.find(({ start }) => start >= (lines.scrollOffset ?? 0))?.index ?? 0);

  // The line that the keys lead to may only come into being by the scrolling.
  useEffect(() => {
    if (!moving.current) return;
    const button = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"] button`);
    if (button === null || button === undefined) return;
    moving.current = false;
    button.focus({ preventScroll: true });
  });

  const keyed = (event: KeyboardEvent): void => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: JUMP, PageUp: -JUMP, Home: -count, End: count } as const;
    const step = Object.entries(steps).find(([key]) => key === event.key)?.[1];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(count - 1, tabbed + step));
    moving.current = true;
    setActive(next);
    lines.scrollToIndex(next);
  };

  return (
    <section ref={scroller} className={styles.scroller} aria-label={t("history.list")} data-testid="history-list">
      <table className={styles.table} aria-rowcount={count + 1} aria-describedby="history-keys">
        <Heads />
        <tbody style={{ height: lines.getTotalSize() }} onKeyDown={keyed}>
          {shown.map(({ index, start }) => (
            <Line
              key={index}
              index={index}
              call={callAt(index)}
              zone={zone}
              tabbed={index === tabbed}
              opened={opened !== null && callAt(index)?.call_id === opened}
              place={{ height, transform: `translateY(${start}px)` }}
              open={(call) => {
                setActive(index);
                open(call);
              }}
            />
          ))}
        </tbody>
      </table>
      <VisuallyHidden id="history-keys">{t("history.keys")}</VisuallyHidden>
    </section>
  );
}

function Heads() {
  const { t } = useTranslation();
  return (
    <thead>
      <tr aria-rowindex={1} className={styles.heads}>
        <th scope="col">{t("calls.column.caller")}</th>
        <th scope="col">{t("calls.column.how")}</th>
        <th scope="col">{t("calls.column.number")}</th>
        <th scope="col">{t("calls.column.agent")}</th>
        <th scope="col">{t("history.column.wait")}</th>
        <th scope="col">{t("calls.column.talk")}</th>
        <th scope="col">{t("calls.column.when")}</th>
      </tr>
    </thead>
  );
}

interface LineProps {
  index: number;
  call: HistoryCall | undefined;
  zone: string;
  /** Whether the tab key leads to it. */
  tabbed: boolean;
  opened: boolean;
  place: { height: number; transform: string };
  open: (call: string) => void;
}

function Line({ index, call, zone, tabbed, opened, place, open }: LineProps) {
  const { t } = useTranslation();
  const kept = call === undefined ? null : keptOf(call);
  const about = {
    "aria-rowindex": index + 2,
    className: styles.row,
    style: place,
    "data-index": index,
    "data-opened": opened || undefined,
    "data-testid": "history-row",
  } as const;
  if (call === undefined) {
    return (
      <tr {...about} aria-busy="true">
        <td className={styles.coming}>{t("history.rowLoading")}</td>
      </tr>
    );
  }
  const why = whyOf(t, call);
  return (
    <tr {...about} data-call-id={call.call_id} data-outcome={call.outcome ?? "open"}>
      <td className={styles.caller}>
        {/* It covers the whole line. */}
        <button
          type="button"
          tabIndex={tabbed ? 0 : -1}
          aria-expanded={opened}
          onClick={() => open(call.call_id)}
          data-testid="history-open"
        >
          {callerOf(call)}
        </button>
        {call.customer_name === null ? null : <small>{call.customer_label}</small>}
      </td>
      <td className={styles.how}>
        <span className={styles.outcome} data-outcome={call.outcome ?? "open"}>
          <OutcomeIcon call={call} /> {outcomeOf(t, call)}
        </span>
        {why === null ? null : <small>{why}</small>}
      </td>
      <td className={styles.number}>
        {call.number_label}
        {call.department === null ? null : <small>{call.department}</small>}
      </td>
      <td className={styles.agent}>{call.agent_name ?? t("none")}</td>
      <td className={styles.wait}>{call.wait_s === null ? t("none") : clockTime(call.wait_s)}</td>
      <td className={styles.talk}>{call.talk_s === null ? t("none") : clockTime(call.talk_s)}</td>
      <td className={styles.when}>
        {kept === "recorded" || kept === "partial" || kept === "meta" ? (
          <AudioLines size={15} role="img" aria-label={t(`recording.state.${kept}`)} />
        ) : null}
        {call.offered_at === null ? t("none") : <When at={call.offered_at} zone={zone} />}
      </td>
    </tr>
  );
}

function When({ at, zone }: { at: string; zone: string }) {
  const { i18n } = useTranslation();
  const { day, time } = whenOf(at, zone, i18n.language, new Date());
  return (
    <time dateTime={at}>
      {day} <small>{time}</small>
    </time>
  );
}

export function OutcomeIcon({ call }: { call: HistoryCall }) {
  const Icon = {
    answered: call.direction === "outbound" ? PhoneOutgoing : PhoneIncoming,
    missed: PhoneMissed,
    abandoned: Hourglass,
    declined: PhoneMissed,
    failed: PhoneOff,
    open: PhoneCall,
  }[call.outcome ?? "open"];
  return <Icon size={16} aria-hidden="true" />;
}
