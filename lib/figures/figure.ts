/**
 * What every figure is: plain data for Plotly, with its caption and alt text.
 *
 * Figures are pure functions of their data: no randomness, no clock, no typed arrays, so that equal
 * data gives byte-identical JSON.
 */

/** A Plotly trace as JSON: its `type`, and the attributes of that type. */
export type Trace = { type: string } & Record<string, unknown>;

/** A Plotly layout as JSON. What `meta.narrow` has takes the place of the same attributes on a phone. */
export type Layout = Record<string, unknown>;

/** One frame of an animation: the traces it replaces, by their index in `data`. */
export interface Frame {
  name: string;
  data: Partial<Trace>[];
  traces: number[];
  layout?: Layout;
}

export interface Figure {
  /** The number in the book, like `"6-9"`, or a name of our own, like `"6-9-seeds"`. */
  id: string;
  /** One or two sentences printed under the figure. */
  caption: string;
  /** What the figure shows, for those who cannot see it. */
  alt: string;
  data: Trace[];
  layout: Layout;
  frames?: Frame[];
}

/**
 * Okabe and Ito's palette: distinguishable to the colour-blind, readable on white and on near-black. Colour is
 * never the only difference between two traces: `dashes` and `markers` go with it, index by index.
 */
export const palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"] as const;
export const dashes = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"] as const;
export const markers = ["circle", "square", "triangle-up", "diamond", "x", "cross"] as const;

const axis = {
  gridcolor: "#e3e6ea",
  linecolor: "#8a929c",
  zerolinecolor: "#c3c9d0",
  tickcolor: "#8a929c",
  showline: true,
  ticks: "outside",
  automargin: true,
};

const scene = { showbackground: false, gridcolor: "#c3c9d0", linecolor: "#8a929c", zerolinecolor: "#c3c9d0" };

/**
 * The common style of all figures. Colours of paper, text, axes and grid are set only here, so that a
 * page can turn them dark.
 */
export const template = {
  layout: {
    font: { family: "Open Sans, Segoe UI, Helvetica, Arial, sans-serif", size: 14, color: "#24292f" },
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    colorway: [...palette],
    margin: { l: 64, r: 24, t: 48, b: 56 },
    xaxis: axis,
    yaxis: axis,
    scene: { xaxis: scene, yaxis: scene, zaxis: scene },
    legend: { bgcolor: "rgba(0,0,0,0)" },
    hoverlabel: { font: { family: "Open Sans, Segoe UI, Helvetica, Arial, sans-serif" } },
  },
};
