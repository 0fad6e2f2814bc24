/**
 * What the figures of activations share: one layer's values as a histogram.
 */
import type { Histogram } from "./histogram";
import type { Layout, Trace } from "./figure";
import { palette } from "./figure";

export type Activation = "sigmoid" | "tanh" | "relu";

/** What was found in the layers of one network. */
export interface Layers {
  /** The activations of each layer, the values of `[batch, units]` row by row. */
  values: ArrayLike<number>[];
  /** How much a unit's value varies from input to input, as a standard deviation: the mean over a layer's units. */
  overInputs?: number[];
  /** The size of the gradient with respect to each layer's values, as the root of its mean square. */
  gradients?: number[];
}

/** The bins of the chapter's histograms. */
export const BINS = 30;

/** The plotted range of each activation: the whole range for the S-shaped ones, (0, 1) as in the chapter for ReLU. */
export const ranges: Record<Activation, [number, number]> = { sigmoid: [0, 1], tanh: [-1, 1], relu: [0, 1] };

export const names: Record<Activation, string> = { sigmoid: "sigmoid", tanh: "tanh", relu: "ReLU" };

/** The bar of what lies beyond the axis: its distance from the axis' end, and its width. */
export const OVERFLOW = { offset: 0.12, width: 0.1 };

export function bars(
  { counts }: Histogram,
  [low, high]: [number, number],
  axes: { xaxis: string; yaxis: string },
): Trace {
  const width = (high - low) / counts.length;
  return {
    type: "bar",
    showlegend: false,
    ...axes,
    x: counts.map((_, bin) => Number((low + (bin + 0.5) * width).toFixed(6))),
    y: counts,
    width,
    marker: { color: palette[0] },
    hovertemplate: "around %{x:.2f}: %{y} values<extra></extra>",
  };
}

/** The values above the plotted range: one bar beyond the end of the axis, set apart by colour and hatching. */
export function overflowBar(
  { above }: Histogram,
  [, high]: [number, number],
  axes: { xaxis: string; yaxis: string },
): Trace {
  return {
    type: "bar",
    showlegend: false,
    ...axes,
    x: [high + OVERFLOW.offset],
    y: [above],
    width: OVERFLOW.width,
    marker: { color: palette[5], pattern: { shape: "/", size: 5, fillmode: "overlay" } },
    hovertemplate: `above ${high}: %{y} values<extra></extra>`,
  };
}

export function activationAxis(activation: Activation): Layout {
  const [low, high] = ranges[activation];
  return {
    range: [low, activation === "relu" ? high + 0.2 : high],
    tickvals: [low, (low + high) / 2, high],
  };
}

export function percent(share: number): string {
  return share > 0 && share < 0.005 ? "<1%" : share < 1 && share > 0.995 ? ">99%" : `${Math.round(100 * share)}%`;
}
