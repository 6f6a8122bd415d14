import {
  Fragment,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { WallCall } from "../contract/messages";
import styles from "./Wall.module.css";
import { stateOf } from "./wall";
import { rangeOf, scrollFor, useScrolled } from "./window";

export interface Column<Name extends string> {
  name: Name;
  label: string;
}

/** From this width on there is room for columns that say less. */
const WIDE_PX = 860;

interface Props<Name extends string> {
  /** Of the heading that names it. */
  labelledBy: string;
  columns: readonly Column<Name>[];
  /** Of these columns, those that are left out where there is no room. */
  onlyWide: readonly Name[];
  calls: readonly WallCall[];
  row_px: number;
  /** The call whose row is opened, and how high the opened part is. */
  opened?: { call_id: string; px: number; part: ReactNode } | null;
  /** `reached`: the Tab key comes to this row, and to what is in it. */
  cellOf: (call: WallCall, column: Name, reached: boolean) => ReactNode;
  testid: string;
}

/**
 * A table of calls of which only the rows in view exist, however many there are. Tab comes to one row; arrow keys, Home
 * and End go from row to row. A row that leaves the list leaves the focus with the table.
 */
export function CallTable<Name extends string>({
  labelledBy,
  columns: allColumns,
  onlyWide,
  calls,
  row_px,
  opened = null,
  cellOf,
  testid,
}: Props<Name>) {
  const box = useRef<HTMLDivElement>(null);
  const { top_px, height_px, width_px } = useScrolled(box);
  const isWide = width_px === 0 || width_px >= WIDE_PX;
  const columns = isWide ? allColumns : allColumns.filter(({ name }) => !onlyWide.includes(name));
  const focusSoon = useRef<string | null>(null);
  const [active, setActive] = useState<string | null>(null);
  const openedIndex = opened === null ? -1 : calls.findIndex((call) => call.call_id === opened.call_id);
  const heights = { row_px, opened: openedIndex < 0 ? null : { index: openedIndex, px: opened?.px ?? 0 } };
  const range = rangeOf(calls.length, heights, top_px, height_px);
  const inView = calls.slice(range.first, range.end);
  const reached = inView.find((call) => call.call_id === active)?.call_id ?? inView[0]?.call_id;
  useKeptFocus(box);

  useLayoutEffect(() => {
    if (focusSoon.current === null) return;
    const row = rowOf(box.current, focusSoon.current);
    if (row === undefined) return;
    focusSoon.current = null;
    row.focus({ preventScroll: true });
  });

  function goTo(index: number): void {
    const call = calls[Math.max(0, Math.min(calls.length - 1, index))];
    const element = box.current;
    if (call === undefined || element === null) return;
    focusSoon.current = call.call_id;
    const to_px = scrollFor(calls.indexOf(call), heights, element.scrollTop, element.clientHeight);
    if (to_px !== null) element.scrollTop = to_px;
    const row = rowOf(element, call.call_id);
    if (row === undefined) return;
    focusSoon.current = null;
    row.focus({ preventScroll: true });
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    const target = event.target as HTMLElement;
    const id = target.closest<HTMLElement>("[data-call-id]")?.dataset.callId;
    const here = id === undefined ? -1 : calls.findIndex((call) => call.call_id === id);
    const page = Math.max(1, Math.floor(height_px / row_px) - 1);
    const to = {
      ArrowDown: here + 1,
      ArrowUp: Math.max(0, here - 1),
      PageDown: here + page,
      PageUp: Math.max(0, here - page),
      Home: 0,
      End: calls.length - 1,
    }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    goTo(to);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the rows in it have the focus; here their keys are read
    <div
      ref={box}
      className={styles.scroller}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onFocus={({ target }) => setActive(target.closest<HTMLElement>("[data-call-id]")?.dataset.callId ?? null)}
    >
      <table
        className={styles.table}
        aria-labelledby={labelledBy}
        aria-rowcount={calls.length + 1}
        data-testid={testid}
      >
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ name, label }) => (
              <th key={name} scope="col" data-column={name}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap px={range.above_px} columns={columns.length} />
          {inView.map((call, index) => (
            <Fragment key={call.call_id}>
              <tr
                aria-rowindex={range.first + index + 2}
                className={styles.row}
                style={{ height: row_px }}
                tabIndex={call.call_id === reached ? 0 : -1}
                data-call-id={call.call_id}
                data-state={stateOf(call)}
                data-testid="wall-call"
              >
                {columns.map(({ name }) => (
                  <td key={name} data-column={name}>
                    {cellOf(call, name, call.call_id === reached)}
                  </td>
                ))}
              </tr>
              {opened !== null && range.first + index === openedIndex ? (
                <tr className={styles.opened} style={{ height: opened.px }}>
                  <td colSpan={columns.length}>{opened.part}</td>
                </tr>
              ) : null}
            </Fragment>
          ))}
          <Gap px={range.below_px} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function rowOf(box: HTMLElement | null, call_id: string): HTMLElement | undefined {
  const rows = box?.querySelectorAll<HTMLElement>("[data-call-id]") ?? [];
  return [...rows].find((row) => row.dataset.callId === call_id);
}

function Gap({ px, columns }: { px: number; columns: number }) {
  if (px <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row without a tabIndex takes no focus
    <tr aria-hidden="true" className={styles.gap}>
      <td colSpan={columns} style={{ height: px }} />
    </tr>
  );
}

/** A row that had the focus and is gone leaves it to the table, not to the top of the page. */
function useKeptFocus(box: RefObject<HTMLDivElement | null>): void {
  const hadFocus = useRef(false);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const isInside = (target: EventTarget | null): boolean => target instanceof Node && element.contains(target);
    const came = ({ target }: FocusEvent): void => {
      hadFocus.current = isInside(target);
    };
    const pressed = ({ target }: PointerEvent): void => {
      if (!isInside(target)) hadFocus.current = false;
    };
    document.addEventListener("focusin", came);
    document.addEventListener("pointerdown", pressed);
    return () => {
      document.removeEventListener("focusin", came);
      document.removeEventListener("pointerdown", pressed);
    };
  }, [box]);
  useLayoutEffect(() => {
    if (hadFocus.current && document.activeElement === document.body) box.current?.focus({ preventScroll: true });
  });
}
