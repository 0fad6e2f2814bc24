/**
 * Parts of the chapter's drawings: nodes, arrows and labels on a sheet without axes.
 *
 * A sheet is `width` units wide, which stretch with the page, and `height` pixels high, counted from
 * the top. Nodes, arrow heads and letters are sized in pixels, so that they stay round and readable.
 */
import type { Layout, Trace } from "./figure";
import { template } from "./figure";

export type XY = readonly [x: number, y: number];

/** A grey that is legible on white, on near-black, and beneath white letters. */
export const ink = "#6e7781";

/** The layout of an empty sheet without zoom or hover. */
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
  /** The name in the legend. */
  name?: string;
  color?: string;
  dash?: string;
  width?: number;
}

/** Lines through the given points, all in one trace. */
export function lines(paths: XY[][], { name, color = ink, dash = "solid", width = 1 }: Stroke = {}): Trace {
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
 * Lines with an arrow head at their last point. The head stops `standoff` pixels before that point, the
 * radius of the node it points at: one number for all paths, or one per path.
 */
export function arrows(
  paths: XY[][],
  { standoff = 0, ...stroke }: Stroke & { standoff?: number | number[] } = {},
): Trace {
  // All points of a path but the last have markers of size 0, and so has the gap after it.
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
  /** One text per node, in white. */
  texts?: string[];
}

/** Filled nodes. They hide what is beneath them, so edges may go from centre to centre. */
export function nodes(points: XY[], { size = 18, symbol = "circle", color = ink, texts }: NodeStyle = {}): Trace {
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

/** A text centred on a point; `style` takes attributes of annotations, such as anchors and shifts in pixels. */
export function label([x, y]: XY, text: string, style: Layout = {}): Layout {
  return { x, y, text, showarrow: false, font: { size: 13 }, ...style };
}
