/**
 * The parts of the chapter's drawings: nodes, arrows, boxes and labels on a sheet without axes.
 *
 * A sheet is `width` units wide, which stretch with the page, and `height` pixels high, counted from
 * the top. Sizes of nodes, arrow heads and letters are pixels, so that they stay round and readable.
 */
import type { Layout, Trace } from "./figure";
import { template } from "./figure";

export type Point = readonly [x: number, y: number];

/** A grey that reads on white and on near-black, and under white letters. */
export const ink = "#6e7781";

/** The layout of an empty sheet that neither zooms nor hovers. */
export function sheet(width: number, height: number): Layout {
  const axis = { visible: false, fixedrange: true, automargin: false };
  return {
    template,
    height,
    margin: { l: 4, r: 4, t: 0, b: 0 },
    xaxis: { ...axis, range: [0, width] },
    yaxis: { ...axis, range: [height, 0] },
    showlegend: false,
    hovermode: false,
    dragmode: false,
  };
}

interface Stroke {
  /** The legend's name for it. */
  name?: string;
  color?: string;
  dash?: string;
  width?: number;
}

/** Lines through the given points, all in one trace. */
export function lines(paths: Point[][], { name, color = ink, dash = "solid", width = 1 }: Stroke = {}): Trace {
  const points = paths.flatMap((path) => [...path, [null, null] as const]);
  return {
    type: "scatter",
    mode: "lines",
    x: points.map(([x]) => x),
    y: points.map(([, y]) => y),
    line: { color, dash, width },
    hoverinfo: "skip",
    ...(name === undefined ? { showlegend: false } : { name }),
  };
}

/**
 * Lines with a head at their last point. The head stops `standoff` pixels before that point, the
 * radius of the node it points at: one number for all paths, or one a path.
 */
export function arrows(
  paths: Point[][],
  { standoff = 0, ...stroke }: Stroke & { standoff?: number | number[] } = {},
): Trace {
  // A path's points have markers of size 0 but for the last one, and so has the gap after it.
  const atHead = (value: (index: number) => number) =>
    paths.flatMap((path, index) => [...path.slice(1).map(() => 0), value(index), 0]);
  return {
    ...lines(paths, { width: 2, ...stroke }),
    mode: "lines+markers",
    marker: {
      symbol: "arrow",
      angleref: "previous",
      color: stroke.color ?? ink,
      opacity: 1,
      size: atHead(() => 9),
      standoff: atHead((index) => (typeof standoff === "number" ? standoff : standoff[index])),
      line: { width: 0 },
    },
  };
}

interface NodeStyle {
  size?: number;
  symbol?: string;
  color?: string;
  /** One text a node, in white on it. */
  texts?: string[];
}

/** Filled nodes. They hide what runs beneath them, so edges may go from centre to centre. */
export function nodes(points: Point[], { size = 18, symbol = "circle", color = ink, texts }: NodeStyle = {}): Trace {
  return {
    type: "scatter",
    mode: texts ? "markers+text" : "markers",
    x: points.map(([x]) => x),
    y: points.map(([, y]) => y),
    ...(texts && {
      text: texts,
      textposition: "middle center",
      textfont: { color: "white", size: texts.map((text) => (text.length > 3 ? 11 : 13)) },
    }),
    marker: { symbol, size, color, opacity: 1, line: { width: 0 } },
    cliponaxis: false,
    hoverinfo: "skip",
    showlegend: false,
  };
}

/** A text centred on a point; `style` takes an annotation's attributes, such as anchors and shifts in pixels. */
export function label([x, y]: Point, text: string, style: Layout = {}): Layout {
  return { x, y, text, showarrow: false, font: { size: 13 }, ...style };
}
