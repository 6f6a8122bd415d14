/** Where each step of a drawing stands, from top to bottom. Heavy: loaded with the drawing only. */
import { Graph, layout } from "@dagrejs/dagre";
import type { Drawing } from "./graph";

export interface Point {
  x: number;
  y: number;
}

export interface Placed {
  width: number;
  height: number;
  /** The upper left corner of each step. */
  steps: Map<string, Point>;
  /** The bends of each line, and the middle of its words. */
  lines: Map<string, { points: Point[]; words: Point }>;
}

/** In CSS pixels, before zooming. */
export const STEP_WIDTH = 192;
export const STEP_HEIGHT = 102;
const WORD_HEIGHT = 20;
const LETTER_WIDTH = 6.8;

/** `wordsOf`: what is written at a line, so that it gets room. */
export function placed(drawing: Drawing, wordsOf: (line: string) => string): Placed {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 40, edgesep: 12, marginx: 14, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const step of drawing.steps) graph.setNode(step, { width: STEP_WIDTH, height: STEP_HEIGHT });
  for (const line of drawing.lines) {
    const width = Math.max(24, wordsOf(line.id).length * LETTER_WIDTH + 14);
    graph.setEdge(line.from, line.to, { width, height: WORD_HEIGHT, labelpos: "c" });
  }
  layout(graph);
  const steps = new Map<string, Point>();
  for (const step of drawing.steps) {
    const { x, y } = graph.node(step);
    steps.set(step, { x: x - STEP_WIDTH / 2, y: y - STEP_HEIGHT / 2 });
  }
  const lines = new Map<string, { points: Point[]; words: Point }>();
  for (const line of drawing.lines) {
    const { points = [], x = 0, y = 0 } = graph.edge(line.from, line.to);
    const ends = [graph.node(line.from), graph.node(line.to)] as const;
    lines.set(line.id, { points: line.from === line.to ? points : joined(points, ...ends), words: { x, y } });
  }
  const { width = 0, height = 0 } = graph.graph();
  return { width, height, steps, lines };
}

export interface Fitting {
  zoom: number;
  /** Of the box that shows it. */
  height: number;
  x: number;
  y: number;
}

/** For the buttons, in CSS pixels. */
const HEAD_HEIGHT = 32;
const SMALLEST_ZOOM = 0.56;
const LEAST_HEIGHT = 240;
const MOST_HEIGHT = 1_600;

/** A drawing in a box as wide as this: as large as fits, as long as its words can be read; the box is as high as the
 * drawing then is, so that the page is what scrolls. */
export function fitting({ width, height }: Placed, boxWidth: number): Fitting {
  const zoom = Math.min(1, Math.max(SMALLEST_ZOOM, width === 0 ? 1 : boxWidth / width));
  return {
    zoom,
    height: Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, Math.ceil(height * zoom) + HEAD_HEIGHT)),
    x: Math.max(0, (boxWidth - width * zoom) / 2),
    y: HEAD_HEIGHT,
  };
}

/** How far from a step's corners a line may leave or reach it. */
const CORNER = 26;

/** The line leaves a step below or above, and reaches the other one so: at their sides it would run into neighbours. */
function joined(points: readonly Point[], from: Point, to: Point): Point[] {
  const bends = points.slice(1, -1);
  const [first = to, last = from] = [bends[0], bends.at(-1)];
  return [at(from, first), ...bends, at(to, last)];
}

function at(step: Point, bend: Point): Point {
  const reach = STEP_WIDTH / 2 - CORNER;
  return {
    x: Math.min(step.x + reach, Math.max(step.x - reach, bend.x)),
    y: step.y + (bend.y > step.y ? STEP_HEIGHT / 2 : -STEP_HEIGHT / 2),
  };
}

/** A line through its bends that is upright at each of them: an SVG path. */
export function pathThrough(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      if (before === undefined) return `M${x},${y}`;
      const middle = (before.y + y) / 2;
      return `C${before.x},${middle} ${x},${middle} ${x},${y}`;
    })
    .join(" ");
}
