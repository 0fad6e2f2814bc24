/**
 * What Bayesian optimization believes of settings that it has not tried, and where that sends it.
 */
import type { Figure, Trace } from "./figure";
import { palette, template } from "./figure";

/** A setting that was tried. */
interface Tried {
  /** The learning rate. */
  value: number;
  /** Validation accuracy, 0 … 1; 0 for a run that diverged. */
  score: number;
}

/** What is expected of a learning rate, all in the unit of the score. */
interface Expected {
  /** The learning rate. */
  value: number;
  mean: number;
  /** The standard deviation. */
  deviation: number;
  improvement: number;
}

export interface SurrogateCurves {
  /** The trials that the process knows. */
  trials: Tried[];
  /** Expectations along the learning rate, in increasing order. */
  expected: Expected[];
  /** Trials that the process does not know, to compare its expectations with. */
  others?: Tried[];
}

const ACCURACY = palette[0];
const IMPROVEMENT = palette[1];

/**
 * A figure of our own: a search over the learning rate alone. Above, the mean of a Gaussian process, a band of a standard
 * deviation to either side, and the trials; below, the expected improvement. A line marks its largest value, the next
 * setting to try.
 *
 * @throws RangeError if there are no trials or no expectations.
 */
export function surrogateCurves({ trials, expected, others = [] }: SurrogateCurves): Figure {
  if (trials.length === 0 || expected.length === 0)
    throw new RangeError("surrogateCurves: nothing to draw; pass trials and what is expected after them");
  const rounded = expected.map(({ value, mean, deviation, improvement }) => ({
    x: Number(value.toPrecision(6)),
    mean: digits(mean),
    low: digits(mean - deviation),
    high: digits(mean + deviation),
    improvement: digits(improvement),
  }));
  const next = expected.reduce((best, one) => (one.improvement > best.improvement ? one : best));
  const best = trials.reduce((a, b) => (b.score > a.score ? b : a));
  const nextAt = Number(next.value.toPrecision(6));
  const x = rounded.map((one) => one.x);
  const most = Math.max(...rounded.map(({ improvement }) => improvement));
  // A little more than from 0 to 1, so that no trial is cut.
  const reach = [Math.min(-0.04, ...rounded.map(({ low }) => low)), Math.max(1, ...rounded.map(({ high }) => high))];
  const curve = { type: "scatter", mode: "lines", x };
  const edge = { ...curve, line: { width: 0 }, hoverinfo: "skip", showlegend: false };
  const points = (name: string, of: Tried[], marker: object): Trace => ({
    type: "scatter",
    mode: "markers",
    name,
    x: of.map(({ value }) => value),
    y: of.map(({ score }) => score),
    marker: { opacity: 1, ...marker },
    hovertemplate: "learning rate %{x:.3~g}: %{y:.2f}<extra>%{fullData.name}</extra>",
  });
  return {
    id: "6-24-surrogate",
    caption:
      `A Gaussian process after ${trials.length} trials of the learning rate. Above: the accuracy it expects, with a band of ` +
      "one standard deviation to either side. Below: the expected improvement on the best of the trials. " +
      "The dashed line marks where it is largest: the next setting to try.",
    alt:
      `Two panels above each other, against the learning rate from ${written(expected[0].value)} to ` +
      `${written(expected[expected.length - 1].value)} on a logarithmic axis. Above: ${trials.length} trials and a curve of the ` +
      `expected accuracy that passes near them, in a band that is narrow at the trials and wide between them. The best trial has ` +
      `accuracy ${best.score.toFixed(2)} at ${written(best.value)}. Below: the expected improvement, largest at ` +
      `${written(next.value)}, where an accuracy of ${next.mean.toFixed(2)} ± ${next.deviation.toFixed(2)} is expected.`,
    data: [
      { ...edge, y: rounded.map(({ low }) => low) },
      {
        ...edge,
        y: rounded.map(({ high }) => high),
        name: "± standard deviation",
        fill: "tonexty",
        fillcolor: "rgba(0, 114, 178, 0.2)",
        showlegend: true,
      },
      {
        ...curve,
        name: "expected accuracy",
        y: rounded.map(({ mean }) => mean),
        line: { color: ACCURACY, width: 2 },
        hovertemplate: "learning rate %{x:.3~g}: %{y:.2f}<extra>%{fullData.name}</extra>",
      },
      ...(others.length > 0
        ? [points("trials not known to it", others, { color: "#8a929c", size: 6, symbol: "x" })]
        : []),
      points("trials", trials, { color: ACCURACY, size: 10 }),
      {
        ...curve,
        yaxis: "y2",
        name: "expected improvement",
        y: rounded.map(({ improvement }) => improvement),
        line: { color: IMPROVEMENT, width: 2 },
        fill: "tozeroy",
        fillcolor: "rgba(213, 94, 0, 0.2)",
        showlegend: false,
        hovertemplate: "learning rate %{x:.3~g}: %{y:.3f}<extra>%{fullData.name}</extra>",
      },
    ],
    layout: {
      template,
      height: 500,
      margin: { l: 64, r: 16, t: 72, b: 56 },
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1, yref: "container", yanchor: "top" },
      xaxis: {
        title: { text: "learning rate" },
        type: "log",
        range: [Math.log10(expected[0].value), Math.log10(expected[expected.length - 1].value)],
        dtick: 1,
        exponentformat: "power",
        anchor: "y2",
        zeroline: false,
      },
      yaxis: { title: { text: "accuracy" }, range: reach.map((end) => digits(end)), domain: [0.38, 1] },
      yaxis2: { title: { text: "improvement" }, range: [0, digits(1.1 * most || 1)], domain: [0, 0.3], nticks: 4 },
      shapes: [
        {
          type: "line",
          x0: nextAt,
          x1: nextAt,
          y0: 0,
          y1: 1,
          yref: "paper",
          line: { color: IMPROVEMENT, width: 1.5, dash: "dash" },
        },
      ],
      annotations: [
        {
          text: `next: ${written(next.value)}`,
          x: Math.log10(nextAt),
          y: 0.34,
          yref: "paper",
          yanchor: "middle",
          xanchor: next.value > Math.sqrt(expected[0].value * expected[expected.length - 1].value) ? "right" : "left",
          showarrow: false,
          font: { size: 13 },
        },
      ],
    },
  };
}

/** As many digits as can be seen. */
function digits(value: number): number {
  return Number(value.toPrecision(4));
}

function written(value: number): string {
  return String(Number(value.toPrecision(2)));
}
