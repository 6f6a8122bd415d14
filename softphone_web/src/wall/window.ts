/** Which rows of a long list must exist now: those in view, and a few around. All rows are equally high, but for one
 * that is opened. */
import { type RefObject, useLayoutEffect, useState } from "react";

export interface Heights {
  row_px: number;
  /** The row that is opened is higher by so much; null: none is. */
  opened: { index: number; px: number } | null;
}

export interface Range {
  first: number;
  /** Exclusive. */
  end: number;
  above_px: number;
  below_px: number;
}

const AROUND = 4;
/** Where nothing is known of the size yet. */
const AT_FIRST = 30;

function topOf(index: number, { row_px, opened }: Heights): number {
  return index * row_px + (opened !== null && index > opened.index ? opened.px : 0);
}

export function rangeOf(count: number, heights: Heights, top_px: number, height_px: number): Range {
  const total_px = topOf(count, heights);
  if (height_px === 0) {
    const end = Math.min(count, AT_FIRST);
    return { first: 0, end, above_px: 0, below_px: total_px - topOf(end, heights) };
  }
  const opened_px = heights.opened?.px ?? 0;
  const first = Math.max(0, Math.min(count, Math.floor((top_px - opened_px) / heights.row_px) - AROUND));
  const end = Math.min(count, Math.ceil((top_px + height_px) / heights.row_px) + AROUND);
  return { first, end, above_px: topOf(first, heights), below_px: total_px - topOf(end, heights) };
}

/** Where to scroll so that a row is in view; null: it is. */
export function scrollFor(index: number, heights: Heights, top_px: number, height_px: number): number | null {
  const row_top_px = topOf(index, heights);
  const own_px = heights.row_px + (heights.opened?.index === index ? heights.opened.px : 0);
  if (row_top_px < top_px) return row_top_px;
  return row_top_px + own_px > top_px + height_px ? row_top_px + own_px - height_px : null;
}

/** Follows how far a box is scrolled, and how big it is; 0 where that is not known yet. */
export function useScrolled(box: RefObject<HTMLElement | null>) {
  const [scrolled, setScrolled] = useState({ top_px: 0, height_px: 0, width_px: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    let frame = 0;
    const read = (): void => {
      frame = 0;
      const next = { top_px: element.scrollTop, height_px: element.clientHeight, width_px: element.clientWidth };
      setScrolled((before) =>
        before.top_px === next.top_px && before.height_px === next.height_px && before.width_px === next.width_px
          ? before
          : next,
      );
    };
    const soon = (): void => {
      frame ||= requestAnimationFrame(read);
    };
    read();
    const sizes = new ResizeObserver(soon);
    sizes.observe(element);
    element.addEventListener("scroll", soon, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      element.removeEventListener("scroll", soon);
    };
  }, [box]);
  return scrolled;
}
