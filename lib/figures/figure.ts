/**
 * What every figure is: plain data for Plotly, with the caption and the alt text that go with it.
 *
 * Figures are pure functions of their data: no randomness, no clock, no typed arrays, so that equal
 * data gives byte-identical JSON.
 */

/** A Plotly trace, as JSON: `type` and that type's attributes. */
export type Trace = { type: string } & Record<string, unknown>;

/** A Plotly layout, as JSON. */
export type Layout = Record<string, unknown>;

/** One frame of an animation: the traces it replaces, by their index in `data`. */
export interface Frame {
  name: string;
  data: Partial<Trace>[];
  traces: number[];
  layout?: Layout;
}

export interface Figure {
  /** The book's number, like `"6-9"`, or a word of our own, like `"6-9-seeds"`. */
  id: string;
  /** One or two sentences printed under the figure. */
  caption: string;
  /** What is to be seen, for someone who cannot see it. */
  alt: string;
  data: Trace[];
  layout: Layout;
  frames?: Frame[];
}

/**
 * Okabe and Ito's palette, told apart by the colour-blind and readable on white and on near-black.
 * Never the only difference between two traces: `dashes` and `markers` go with it, index by index.
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
 * The one look of all figures. Colours of paper, text, axes and grid stand here and nowhere else,
 * so that a page can swap the template for a dark one.
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
