import { max, mean } from "d3-array";
import { deviation, histogram } from "./histogram";
import { axisName, panelGrid } from "./panels";
import type { Figure } from "./figure";
import { palette, template } from "./figure";

/** The weights after a training. */
export interface TrainedWeights {
  /** The title of the panel: `"no penalty"`, `"L2, λ = 0.1"`, … */
  penalty: string;
  /** All weights of the network in one list, or one list per layer. */
  weights: ArrayLike<number> | ArrayLike<number>[];
}

/** An odd number, so that the weights around 0 have their own bin. */
const BINS = 61;

/** Weights this small count as zero: their input might as well be absent. */
const NEAR_ZERO = 1e-3;

/**
 * A figure of our own: the distribution of the weights after training with each penalty, one panel per
 * penalty, two per row, on a common scale. The counts are logarithmic, so that both L1's peak at 0 and
 * the few large weights can be seen. No weight lies outside the range.
 *
 * @throws RangeError if there is nothing to draw or a weight is not a number.
 */
export function weightHistograms(trainings: TrainedWeights[]): Figure {
  if (trainings.length === 0)
    throw new RangeError("weightHistograms: nothing to draw; pass the weights of at least one training");
  const panels = trainings.map(({ penalty, weights }) => {
    const values = flat(weights);
    return { penalty, values, ...describe(values) };
  });
  const reach = Math.max(...panels.map(({ largest }) => largest)) || 1;
  const columns = Math.min(2, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const width = (2 * reach) / BINS;
  const histograms = panels.map(({ values }) => histogram(values, [-reach, reach], BINS));
  const most = Math.max(...histograms.flatMap(({ counts }) => counts));
  const near = ({ nearZero }: (typeof panels)[number]) => `${(100 * nearZero).toFixed(1)}%`;
  const spread = ({ deviation }: (typeof panels)[number]) => deviation.toPrecision(2);
  const widestFirst = [...panels].sort((a, b) => b.deviation - a.deviation);
  return {
    id: "6-21-weights",
    caption:
      `The weights after training with each penalty, counted in ${BINS} bins on a logarithmic scale. ` +
      `Above each panel: the largest absolute weight, the standard deviation σ, and the share of weights within ±${NEAR_ZERO} of 0.`,
    alt:
      `Histograms with logarithmic counts: hills around 0, from the widest to the narrowest ${widestFirst.map((panel) => `${panel.penalty} (σ ${spread(panel)})`).join(", ")}. ` +
      `Within ±${NEAR_ZERO} of 0: ${widestFirst.map(near).join(", ")}.`,
    data: histograms.map(({ counts }, index) => ({
      type: "bar",
      xaxis: axisName("x", index % columns),
      yaxis: axisName("y", Math.floor(index / columns)),
      x: counts.map((_, bin) => Number((-reach + (bin + 0.5) * width).toFixed(6))),
      y: counts,
      width,
      marker: { color: palette[0] },
      hovertemplate: "around %{x:.3f}: %{y} weights<extra></extra>",
    })),
    layout: {
      template,
      height: 110 + 180 * rows,
      margin: { l: 64, r: 8, t: 64, b: 52 },
      showlegend: false,
      bargap: 0,
      ...panelGrid({
        rows,
        columns,
        titles: panels.map(
          (panel) =>
            `<b>${panel.penalty}</b><br>largest ${panel.largest.toPrecision(2)}, σ ${spread(panel)}<br>${near(panel)} near 0`,
        ),
        x: { title: "weight", range: [-reach, reach], nticks: 5 },
        y: {
          title: "weights per bin",
          type: "log",
          range: [Math.log10(0.7), Math.log10(1.5 * most)],
          dtick: 1,
          exponentformat: "power",
        },
        gap: { x: 0.1, y: 0.36 },
      }),
    },
  };
}

function flat(weights: ArrayLike<number> | ArrayLike<number>[]): ArrayLike<number> {
  return typeof weights[0] === "object"
    ? (weights as ArrayLike<number>[]).flatMap((layer) => Array.from(layer))
    : (weights as ArrayLike<number>);
}

function describe(values: ArrayLike<number>): { nearZero: number; deviation: number; largest: number } {
  const sizes = Array.from(values, Math.abs);
  return {
    nearZero: mean(sizes, (size) => Number(size <= NEAR_ZERO))!,
    deviation: deviation(values),
    largest: max(sizes)!,
  };
}
