/**
 * Names at the right ends of lines, so that nobody has to match colours with a legend.
 */
import type { Layout } from "./figure";

/** A line's last point and its name. */
export interface LineEnd {
  x: number;
  y: number;
  color: string;
  text: string;
}

interface Axis {
  /** The shown range, in the units of `y`. */
  range: [low: number, high: number];
  /** Height of the axis in pixels. */
  height: number;
  log?: boolean;
  /** The axes' names, when they are not the first. */
  xref?: string;
  yref?: string;
}

const FONT_SIZE = 12; // pixels
const LINE_HEIGHT = 16;
const BETWEEN = 3; // two labels
const LETTER = 7.6; // a bold letter's width on average
const LEADER = 16; // from a line's last point to its name

/**
 * One label a line, to the right of its last point and joined to it by a leader in the line's colour. Labels that
 * would lie on each other are moved apart; those of points beyond the range stand at its edge, and none reaches down to
 * the ticks of the x axis.
 */
export function endLabels(ends: LineEnd[], { range, height, log = false, xref = "x", yref = "y" }: Axis): Layout[] {
  // Annotations on a logarithmic axis are placed by the logarithm.
  const [low, high, ...at] = [...range, ...ends.map(({ y }) => y)].map((value) =>
    log ? Math.log10(Math.max(value, Number.MIN_VALUE)) : value,
  );
  const pixel = (high - low) / height;
  const lines = Math.max(1, ...ends.map(({ text }) => linesOf(text).length));
  const clamped = at.map((value) => Math.min(high, Math.max(low, value)));
  const text = lines * LINE_HEIGHT * pixel;
  const places = spread(clamped, text + BETWEEN * pixel, [low + text / 2, high]);
  return ends.map(({ x, color, text }, i) => ({
    text,
    xref,
    yref,
    x,
    y: round(clamped[i]),
    // In pixels, so that names are moved apart as far in a plot that a narrow page makes lower.
    ax: LEADER,
    ay: Math.round((clamped[i] - places[i]) / pixel) + 0, // never −0, which JSON would turn into 0
    showarrow: true,
    arrowhead: 0,
    arrowwidth: 1.5,
    arrowcolor: color,
    standoff: 2,
    xanchor: "left",
    yanchor: "middle",
    align: "left",
    borderpad: 0,
    font: { size: FONT_SIZE },
  }));
}

/** The right margin in pixels that the labels need. */
export function endMargin(texts: string[]): number {
  const longest = Math.max(0, ...texts.flatMap(linesOf).map((line) => line.length));
  return Math.ceil(LEADER + 8 + LETTER * longest);
}

/** The lines of a label, without their markup. */
function linesOf(text: string): string[] {
  return text.split("<br>").map((line) => line.replace(/<[^>]*>/g, ""));
}

/**
 * Moves positions apart until neighbours are at least `gap` apart, each as little as possible (least
 * squares, by pooling neighbours that collide), and all of them inside `[low, high]` if there is room.
 */
export function spread(positions: number[], gap: number, [low, high]: [number, number]): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b] || b - a);
  // Without the gaps, the positions need only not decrease.
  const blocks: { sum: number; count: number }[] = [];
  order.forEach((index, rank) => {
    let block = { sum: positions[index] - rank * gap, count: 1 };
    while (blocks.length > 0 && mean(blocks.at(-1)!) > mean(block)) {
      const { sum, count } = blocks.pop()!;
      block = { sum: sum + block.sum, count: count + block.count };
    }
    blocks.push(block);
  });
  const last = high - (positions.length - 1) * gap;
  const bases = blocks.flatMap((block) => {
    const base = Math.max(low, Math.min(last, mean(block)));
    return new Array<number>(block.count).fill(base);
  });
  const placed = new Array<number>(positions.length);
  order.forEach((index, rank) => (placed[index] = bases[rank] + rank * gap));
  return placed;
}

function mean({ sum, count }: { sum: number; count: number }): number {
  return sum / count;
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
