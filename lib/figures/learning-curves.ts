/**
 * How the loss falls and the accuracy rises during training, over one seed or several.
 */
import { max, median, min } from "d3-array";
import { captionOf } from "./captions";
import { smoothCurve } from "./smooth-curve";
import type { Figure, Trace } from "./figure";
import { dashes, markers, palette, template } from "./figure";
import { axisName, panelGrid } from "./panels";

/** One line in a figure: what was measured at every point, with one seed or several. */
export interface Curve {
  name: string;
  /** One list per seed, all of the same length; `null` (or NaN, ±Infinity) where a run has diverged. */
  runs: ArrayLike<number | null>[];
}

export interface LossCurves {
  id: string;
  /** The one in captions.ts if not given. */
  caption?: string;
  curves: Curve[];
  /** The range of the loss that is shown; the first losses are often far above it. */
  yRange: [low: number, high: number];
}

export interface AccuracyCurves {
  id: string;
  /** The one in captions.ts if not given. */
  caption?: string;
  /** Panels side by side; curves at the same index share a colour and a legend entry. */
  panels: { title?: string; curves: Curve[] }[];
}

/**
 * The loss of every iteration, smoothed by {@link smoothCurve}, as in figures 6-9 and 6-15.
 * With several seeds, each run is smoothed; the line is their median, and the band reaches from the lowest
 * to the highest.
 *
 * @throws RangeError if there is no curve, or one has no runs, or runs of different lengths.
 */
export function lossCurves({ id, caption = captionOf(id), curves, yRange }: LossCurves): Figure {
  const summaries = curves.map(({ name, runs }) => summarize({ name, runs: runs.map((run) => smoothCurve(run)) }));
  const length = longest(summaries);
  return {
    id,
    caption,
    alt: `Line chart of the smoothed loss over ${length} iterations, from ${yRange[0]} to ${yRange[1]}. ${describe(summaries)}`,
    // No dashes: on a jittery line they cannot be distinguished from the jitter.
    data: [
      ...summaries.map(bandOf),
      ...summaries.map((summary, i) => ({
        ...lineOf(summary, i),
        line: { color: palette[i % palette.length], width: 1.5 },
      })),
    ].flat(),
    layout: {
      template,
      height: 440,
      ...legendAbove,
      xaxis: { title: { text: "iteration" }, range: xRange(length) },
      yaxis: { title: { text: "loss (smoothed)" }, range: yRange },
    },
  };
}

/**
 * The accuracy at every epoch, as in figures 6-18, 6-20, 6-21 and 6-23: one panel, or several side by
 * side. With several seeds the line is their median, and the band reaches from the lowest to the highest.
 *
 * @throws RangeError if there is no curve, or one has no runs, or runs of different lengths.
 */
export function accuracyCurves({ id, caption = captionOf(id), panels }: AccuracyCurves): Figure {
  const summaries = panels.map(({ curves }) => curves.map(summarize));
  const length = longest(summaries.flat());
  const range = { x: xRange(length), y: [0, 1.03] };
  const single = panels.length === 1;
  return {
    id,
    caption,
    alt:
      `Line chart of the accuracy over ${length} epochs${single ? "" : ` in ${panels.length} panels`}. ` +
      panels.map(({ title }, i) => (title === undefined ? "" : `${title}: `) + describe(summaries[i])).join(" "),
    data: summaries.flatMap((curves, panel) =>
      [...curves.flatMap(bandOf), ...curves.map(lineOf)].map((trace) => ({
        ...trace,
        xaxis: axisName("x", panel),
        yaxis: "y",
        ...(panel > 0 && { showlegend: false }),
      })),
    ),
    layout: {
      template,
      height: 420,
      ...legendAbove,
      ...(single
        ? {
            xaxis: { title: { text: "epoch" }, range: range.x },
            yaxis: { title: { text: "accuracy" }, range: range.y },
          }
        : panelGrid({
            rows: 1,
            columns: panels.length,
            titles: panels.map(({ title = "" }) => title),
            x: { title: "epoch", range: range.x },
            y: { title: "accuracy", range: range.y },
            gap: { x: 0.12, y: 0 },
          })),
      // Above the titles of the panels.
      ...(!single && { legend: { ...legendAbove.legend, y: 1.08 } }),
    },
  };
}

/** A curve summarized over its seeds, point by point; `null` where no run has a finite value. */
interface Summary {
  name: string;
  seeds: number;
  /** The number of runs that end without a finite value. */
  diverged: number;
  median: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
}

function summarize({ name, runs }: Curve): Summary {
  if (runs.length === 0) throw new RangeError(`curve ${name}: no runs; give at least one list of values`);
  const [{ length }] = runs;
  runs.forEach((run, seed) => {
    if (run.length !== length || length === 0) {
      throw new RangeError(
        `curve ${name}: expected runs of one length and at least one point, got ${length} points in run 0 and ${run.length} in run ${seed}`,
      );
    }
  });
  const points = Array.from({ length }, (_, i) =>
    runs.map((run) => run[i]).filter((value): value is number => Number.isFinite(value)),
  );
  return {
    name,
    seeds: runs.length,
    diverged: runs.filter((run) => !Number.isFinite(run[length - 1])).length,
    median: points.map((values) => shown(median(values))),
    low: points.map((values) => shown(min(values))),
    high: points.map((values) => shown(max(values))),
  };
}

/** A value with as many digits as can be seen; or `null`, which Plotly leaves blank. */
function shown(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toPrecision(4));
}

/** The band from the lowest to the highest value, as an outline; none for a single seed. */
function bandOf({ name, seeds, low, high }: Summary, index: number): Trace[] {
  if (seeds === 1) return [];
  const there = low.flatMap((value, i) => (value === null ? [] : [i]));
  const back = [...there].reverse();
  return [
    {
      type: "scatter",
      mode: "lines",
      name: `${name}, ${seeds} seeds`,
      legendgroup: name,
      showlegend: false,
      x: [...there, ...back],
      y: [...there.map((i) => high[i]), ...back.map((i) => low[i])],
      fill: "toself",
      line: { color: palette[index % palette.length], width: 0.5 },
      opacity: 0.5,
      hoverinfo: "skip",
    },
  ];
}

/** The median as a line with a dozen markers, whatever its length. Its points are at 0, 1, 2, … */
function lineOf({ name, seeds, diverged, median }: Summary, index: number): Trace {
  const color = palette[index % palette.length];
  return {
    type: "scatter",
    mode: "lines+markers",
    name: diverged === 0 ? name : `${name} (${seeds === 1 ? "diverged" : `${diverged} of ${seeds} seeds diverged`})`,
    legendgroup: name,
    y: median,
    line: { color, width: 2, dash: dashes[index % dashes.length] },
    marker: { color, symbol: markers[index % markers.length], size: 8, maxdisplayed: 12 },
    hovertemplate: "%{y:.3f}",
  };
}

function describe(summaries: Summary[]): string {
  const seeds = Math.max(...summaries.map((summary) => summary.seeds));
  const spread = seeds > 1 ? ` Lines are medians of ${seeds} seeds, bands reach from the least to the greatest.` : "";
  const ends = summaries.map(({ name, median, low, high, seeds, diverged }) => {
    const from = median.find((value) => value !== null);
    const to = median.at(-1);
    if (from === undefined) return `${name} diverged at once`;
    if (to === null || to === undefined) return `${name} starts at ${from} and diverged`;
    const band = seeds > 1 ? ` (${low.at(-1)} to ${high.at(-1)})` : "";
    return `${name} goes from ${from} to ${to}${band}${diverged > 0 ? `, ${diverged} of ${seeds} seeds diverged` : ""}`;
  });
  return `${ends.join("; ")}.${spread}`;
}

function longest(summaries: Summary[]): number {
  if (summaries.length === 0) throw new RangeError("learning curves: no curves; give at least one");
  return Math.max(...summaries.map(({ median }) => median.length));
}

/** Leaves room for the first and the last marker. */
function xRange(length: number): [number, number] {
  return [-0.02 * length, 1.02 * (length - 1)];
}

/** The legend in a row above the plot, never over its lines; at the pointer, one box with the values of all curves. */
const legendAbove = {
  showlegend: true,
  legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal" },
  hovermode: "x unified",
};
