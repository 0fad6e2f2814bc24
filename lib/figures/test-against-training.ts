/**
 * What networks make of new images, compared where they know the training images equally well.
 */
import { median } from "d3-array";
import { captionOf } from "./captions";
import type { Figure, Trace } from "./figure";
import { dashes, markers, palette, template } from "./figure";
import { ink, label } from "./drawing";
import { legendAbove } from "./panels";

/** The trainings of one kind of network, with one seed or several: a history is one of the runs. */
export interface TrainedRuns {
  name: string;
  /** Accuracies at the same epochs, 0 … 1; `null` where a run has diverged. */
  runs: { trainAccuracy: (number | null)[]; testAccuracy: (number | null)[] }[];
}

export interface TestAgainstTraining {
  id: string;
  /** The one in captions.ts if not given. */
  caption?: string;
  curves: TrainedRuns[];
  /** The lowest accuracy shown on either axis; at first all networks are alike. */
  from?: number;
}

/**
 * A figure of our own: test accuracy against training accuracy, a point for each epoch at which both were taken, one curve
 * for each kind of network. A point is the median over the seeds in both directions, and the last one is marked. Where one
 * curve is above another, its networks are better on new images than the others were when they knew as many of their
 * training images. On the thin line the two accuracies are equal.
 *
 * @throws RangeError if there is no curve, or one has no runs, or runs of different lengths.
 */
export function testAgainstTraining({ id, caption = captionOf(id), curves, from = 0 }: TestAgainstTraining): Figure {
  if (curves.length === 0) throw new RangeError("testAgainstTraining: no curves; give at least one");
  const paths = curves.map(pathOf);
  const ends = paths.map(({ name, points }) => {
    const [training, test] = points.at(-1)!;
    return `${name} ends at a training accuracy of ${training} and a test accuracy of ${test}`;
  });
  const range = [from, 1.03];
  const top = Math.max(...paths.flatMap(({ points }) => points.map(([, test]) => test))) + 0.05;
  return {
    id,
    caption,
    alt: `Line chart of test accuracy against training accuracy, one curve for each kind of network. ${ends.join("; ")}.`,
    data: [
      {
        type: "scatter",
        mode: "lines",
        x: [from, 1],
        y: [from, 1],
        line: { color: ink, width: 1 },
        hoverinfo: "skip",
        showlegend: false,
      },
      ...paths.map(traceOf),
    ],
    layout: {
      template,
      height: 440,
      ...legendAbove,
      xaxis: { title: { text: "training accuracy" }, range },
      yaxis: { title: { text: "test accuracy" }, range: [from, top] },
      annotations: [
        label([from + 0.6 * (top - from), from + 0.6 * (top - from)], "no gap", {
          xanchor: "right",
          xshift: -8,
          yshift: 4,
        }),
      ],
    },
  };
}

interface Path {
  name: string;
  points: [training: number, test: number][];
}

function pathOf({ name, runs }: TrainedRuns): Path {
  const lengths = new Set(runs.flatMap((run) => [run.trainAccuracy.length, run.testAccuracy.length]));
  if (lengths.size !== 1)
    throw new RangeError(
      `testAgainstTraining: expected runs of one length for ${name}, got lengths ${[...lengths].join(", ") || "of no run"}`,
    );
  const at = (values: (number | null)[]) => Number(median(values, (value) => value ?? NaN)?.toPrecision(4));
  const points = runs[0].trainAccuracy.map((_, i): [number, number] => [
    at(runs.map((run) => run.trainAccuracy[i])),
    at(runs.map((run) => run.testAccuracy[i])),
  ]);
  const known = points.filter((point) => point.every(Number.isFinite));
  if (known.length === 0) throw new RangeError(`testAgainstTraining: ${name} has no point; all its runs have diverged`);
  return { name, points: known };
}

/** Points are close together, so only the last one has a marker. */
function traceOf({ name, points }: Path, index: number): Trace {
  const color = palette[index % palette.length];
  return {
    type: "scatter",
    mode: "lines+markers",
    name,
    x: points.map(([training]) => training),
    y: points.map(([, test]) => test),
    line: { color, width: 2, dash: dashes[index % dashes.length] },
    marker: {
      color,
      symbol: markers[index % markers.length],
      size: points.map((_, i) => (i === points.length - 1 ? 11 : 0)),
      opacity: 1,
      line: { width: 0 },
    },
    hovertemplate: "training %{x:.3f}, test %{y:.3f}",
  };
}
