/**
 * How the loss falls and the accuracy rises during training, over one seed or several.
 */
import { max, median, min, ticks } from "d3-array";
import { captionOf } from "./captions";
import { endLabels, endMargin, type LineEnd } from "./end-labels";
import { ink } from "./drawing";
import { smoothCurve } from "./smooth-curve";
import type { Figure, Layout, Trace } from "./figure";
import { dashes, markers, palette, template } from "./figure";
import { axisName, buttonStyle, legendAbove, panelGrid, translucent } from "./panels";

/** One line in a figure: what was measured at every point, with one seed or several. */
export interface Curve {
  /** What stands at its end, in parentheses what goes on a line of its own: `"SGD"`, `"SGD (η = 0.01)"`. */
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
  /** The axis that it opens with; two buttons change it. */
  yScale?: "linear" | "log";
}

export interface AccuracyCurves {
  id: string;
  /** The one in captions.ts if not given. */
  caption?: string;
  /** Panels side by side; curves at the same index share a colour and a legend entry. */
  panels: { title?: string; curves: Curve[] }[];
  /** Marks the distance between the two curves of a panel, at their end, by a bracket with its size. */
  gap?: boolean;
  /** Epochs from one point of a curve to the next: 1 if not given. */
  evaluateEvery?: number;
}

/** More points than can be seen on the width of a page; a loss has one per update. */
const MAX_POINTS = 500;

/**
 * The loss after every update, smoothed by {@link smoothCurve}, as in figures 6-9 and 6-15. The name of each line
 * stands at its end. Of a long training every second, third, … update is drawn.
 * With several seeds, each run is smoothed; the line is their median, and the band reaches from the lowest
 * to the highest.
 *
 * @throws RangeError if there is no curve, or one has no runs, or runs of different lengths.
 */
export function lossCurves({ id, caption = captionOf(id), curves, yRange, yScale = "linear" }: LossCurves): Figure {
  const summaries = curves.map(({ name, runs }) => summarize({ name, runs: runs.map((run) => smoothCurve(run)) }, 1));
  const length = longest(summaries);
  const margin = { l: 64, r: endMargin(summaries.map(labelOf)), t: 40, b: 56 };
  const height = 440;
  const ends = summaries.map(endOf);
  // Both axes end at the same loss; a logarithmic one cannot begin at 0.
  const logRange = [yRange[0] > 0 ? yRange[0] : lowestOf(summaries, yRange[1]), yRange[1]] as [number, number];
  const scales = (["linear", "log"] as const).map((type) => {
    const range = type === "log" ? logRange : yRange;
    const plotHeight = height - margin.t - margin.b;
    return {
      axis: { type, range: type === "log" ? range.map((value) => round(Math.log10(value))) : range },
      annotations: endLabels(ends, { range, height: plotHeight, log: type === "log" }),
    };
  });
  const shown = scales[yScale === "log" ? 1 : 0];
  return {
    id,
    caption,
    alt: `Line chart of the smoothed loss over ${length} updates. ${describe(summaries, yRange)}${legendOf(summaries)}`,
    // No dashes: on a jittery line they cannot be distinguished from the jitter.
    data: [
      ...summaries.map((summary, i) => bandOf(summary, i)),
      ...summaries.map((summary, i) => ({
        ...lineOf(summary, i),
        line: { color: palette[i % palette.length], width: 1.5 },
      })),
    ].flat(),
    layout: {
      template,
      height,
      margin,
      showlegend: false,
      ...hovering,
      xaxis: { ...at("update"), title: { text: "update" }, range: xRange(length) },
      // A label a decade, and 2 and 5 in between.
      yaxis: { title: { text: "loss (smoothed)" }, ...shown.axis, ...(yScale === "log" && { dtick: "D2" }) },
      annotations: shown.annotations,
      updatemenus: [
        {
          type: "buttons",
          direction: "left",
          active: scales.indexOf(shown),
          x: 0,
          xanchor: "left",
          y: 1,
          yanchor: "bottom",
          pad: { t: 0, b: 6, l: 0, r: 0 },
          ...buttonStyle,
          buttons: scales.map(({ axis, annotations }) => ({
            label: axis.type === "log" ? "log axis" : "linear axis",
            method: "relayout",
            args: [
              {
                "yaxis.type": axis.type,
                "yaxis.range": axis.range,
                "yaxis.dtick": axis.type === "log" ? "D2" : null,
                // One by one, so that other annotations stay.
                ...Object.assign(
                  {},
                  ...annotations.map(({ y, ay }, i) => ({ [`annotations[${i}].y`]: y, [`annotations[${i}].ay`]: ay })),
                ),
              },
            ],
          })),
        },
      ],
    },
  };
}

/**
 * The accuracy at every epoch, or at every `evaluateEvery`-th, as in figures 6-18, 6-20, 6-21 and 6-23: one panel, or
 * several side by side. With several seeds the line is their median, and the band reaches from the lowest to the highest.
 *
 * @throws RangeError if there is no curve, or one has no runs, or runs of different lengths.
 */
export function accuracyCurves({
  id,
  caption = captionOf(id),
  panels,
  gap = false,
  evaluateEvery = 1,
}: AccuracyCurves): Figure {
  const summaries = panels.map(({ curves }) => curves.map((curve) => summarize(curve, evaluateEvery)));
  const length = (longest(summaries.flat()) - 1) * evaluateEvery + 1; // in epochs
  const single = panels.length === 1;
  const gaps = summaries.map((curves) => (gap ? gapOf(curves) : undefined));
  const bracketed = gaps.some((size) => size !== undefined);
  // The bracket and its number stand to the right of the lines.
  const room = bracketed ? (single ? 1.14 : 1.34) : 1.02;
  const range = { x: [xRange(length)[0], room * (length - 1)], y: [0, 1.03] };
  const epochs = { range: range.x, tickvals: ticks(0, length - 1, 4).filter(Number.isInteger) };
  // A single panel has its names at the ends of its lines.
  const labelled = single && !bracketed;
  const height = 420;
  const title = labelled ? panels[0].title : undefined; // of several panels, each has its own above it
  const top = !labelled || title !== undefined ? 48 : 16;
  const margin = { l: 64, r: labelled ? endMargin(summaries[0].map(labelOf)) : 16, t: top, b: 56 };
  return {
    id,
    caption,
    alt:
      `Line chart of the accuracy from epoch 0 to ${length - 1}${single ? "" : ` in ${panels.length} panels`}. ` +
      panels
        .map(({ title }, i) => {
          const story = describe(summaries[i], [0, 1]);
          const size = gaps[i] === undefined ? "" : ` Gap at the end: ${gaps[i].toFixed(2)}.`;
          return (title === undefined ? "" : `${title}: `) + story + size;
        })
        .join(" ") +
      legendOf(summaries.flat()),
    data: summaries.flatMap((curves, panel) => {
      const traces = [
        ...curves.flatMap((summary, i) => bandOf(summary, i)),
        ...curves.map((summary, i) => lineOf(summary, i)),
        ...(gaps[panel] === undefined ? [] : [bracketOf(curves, gaps[panel], length)]),
      ];
      return traces.map((trace) => ({
        ...trace,
        xaxis: axisName("x", panel),
        yaxis: "y",
        ...(panel > 0 && { showlegend: false }),
      }));
    }),
    layout: {
      template,
      height,
      margin,
      ...(title !== undefined && { title: { text: title, font: { size: 14 } } }),
      ...(labelled ? { showlegend: false } : legendAbove),
      ...hovering,
      ...(single
        ? {
            xaxis: { ...at("epoch"), title: { text: "epoch" }, ...epochs },
            yaxis: { title: { text: "accuracy" }, range: range.y },
            ...(labelled && {
              annotations: endLabels(summaries[0].map(endOf), {
                range: [range.y[0], range.y[1]],
                height: height - margin.t - margin.b,
              }),
            }),
          }
        : panelGrid({
            rows: 1,
            columns: panels.length,
            titles: panels.map(({ title = "" }) => title),
            x: { ...at("epoch"), title: "epoch", ...epochs },
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
  /** The distance between neighbouring points on the x axis. */
  step: number;
}

function summarize({ name, runs }: Curve, step: number): Summary {
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
    median: points.map((values) => median(values) ?? null),
    low: points.map((values) => min(values) ?? null),
    high: points.map((values) => max(values) ?? null),
    step,
  };
}

/** A value with as many digits as can be seen; or `null`, which Plotly leaves blank. */
function shown(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(3));
}

/** Every how many points one is drawn, so that at most `MAX_POINTS` are. */
function strideOf(points: unknown[]): number {
  return Math.ceil(points.length / MAX_POINTS);
}

/** The band from the lowest to the highest value, as an outline; none for a single seed. */
function bandOf({ name, seeds, low, high, step }: Summary, index: number): Trace[] {
  if (seeds === 1) return [];
  const stride = strideOf(low);
  const there = low.flatMap((value, i) => (value === null || i % stride > 0 ? [] : [i]));
  const back = [...there].reverse();
  const color = palette[index % palette.length];
  return [
    {
      type: "scatter",
      mode: "lines",
      name: `${name}, ${seeds} seeds`,
      legendgroup: name,
      showlegend: false,
      x: [...there, ...back].map((i) => i * step),
      y: [...there.map((i) => shown(high[i])), ...back.map((i) => shown(low[i]))],
      fill: "toself",
      // Pale: where two bands overlap, each keeps its outline and neither hides the other.
      fillcolor: translucent(color, 0.14),
      line: { color, width: 0.75 },
      opacity: 0.7,
      hoverinfo: "skip",
    },
  ];
}

/** In words rather than numbers: a notebook has each number on a line of its own. */
function rangeOf(low: number | null, high: number | null): string {
  return low === null || high === null ? "" : `${low.toFixed(3)} to ${high.toFixed(3)}`;
}

/** The median as a line with a dozen markers, whatever its length. Its points are at 0, `step`, 2 · `step`, … or fewer. */
function lineOf(summary: Summary, index: number): Trace {
  const { name, seeds, diverged, median, low, high, step } = summary;
  const color = palette[index % palette.length];
  const stride = strideOf(median);
  const thinned = (values: (number | null)[]) => values.filter((_, i) => i % stride === 0).map(shown);
  const [lows, highs] = [thinned(low), thinned(high)];
  return {
    type: "scatter",
    mode: "lines+markers",
    name: diverged === 0 ? name : `${name} (${seeds === 1 ? "diverged" : `${diverged} of ${seeds} seeds diverged`})`,
    legendgroup: name,
    ...(stride * step > 1 && { dx: stride * step }),
    y: thinned(median),
    ...(seeds > 1 && { customdata: lows.map((value, i) => rangeOf(value, highs[i])) }),
    line: { color, width: 2, dash: dashes[index % dashes.length] },
    marker: { color, symbol: markers[index % markers.length], size: 8, maxdisplayed: 12 },
    hovertemplate: `${headOf(name)} %{y:.3f}${seeds > 1 ? " (%{customdata})" : ""}<extra></extra>`,
  };
}

/** A name in two parts: what it is, and what stands in parentheses. */
function partsOf(name: string): [head: string, rest?: string] {
  const [, head, rest] = /^(.+?)\s*\(([^()]*)\)$/.exec(name) ?? [];
  return rest === undefined ? [name] : [head, rest];
}

function headOf(name: string): string {
  return partsOf(name)[0];
}

const LABEL_LETTERS = 13; // on a line of a label, which a phone has room for

/** What stands at the end of a line. */
function labelOf({ name, seeds, diverged }: Summary): string {
  const [head, rest] = partsOf(name);
  const bold = wrapped(head).map((line) => `<b>${line}</b>`);
  const end = diverged === 0 ? [] : wrapped(seeds === 1 ? "diverged" : `${diverged} of ${seeds} diverged`);
  return [...bold, ...(rest === undefined ? [] : wrapped(rest)), ...end].join("<br>");
}

function wrapped(text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "" || `${line} ${word}`.length <= LABEL_LETTERS) lines[lines.length - 1] = `${line} ${word}`.trim();
    else lines.push(word);
  }
  return lines;
}

/** The last point of a line, or the top left if it has none. */
function endOf(summary: Summary, index: number): LineEnd {
  const last = summary.median.reduce<number>((last, value, i) => (value === null ? last : i), -1);
  const color = palette[index % palette.length];
  return { x: Math.max(0, last) * summary.step, y: summary.median[last] ?? Infinity, color, text: labelOf(summary) };
}

/** The distance between two curves at their end; `undefined` if there are not two or one has diverged. */
function gapOf(curves: Summary[]): number | undefined {
  const [a, b] = curves.map(({ median }) => median.at(-1));
  return curves.length !== 2 || a == null || b == null ? undefined : Math.abs(a - b);
}

/** A bracket from the end of one curve to that of the other. */
function bracketOf(curves: Summary[], gap: number, length: number): Trace {
  const [a, b] = curves.map(({ median }) => median.at(-1)!);
  const [near, far] = [1.02 * (length - 1), 1.045 * (length - 1)];
  return {
    type: "scatter",
    mode: "lines+text",
    name: "gap",
    x: [near, far, far, far, near].map(round),
    y: [a, a, (a + b) / 2, b, b].map(round),
    text: ["", "", ` ${gap.toFixed(2)}`, "", ""],
    textposition: "middle right",
    textfont: { size: 12 },
    line: { color: ink, width: 1.5 },
    cliponaxis: false,
    showlegend: false,
    hoverinfo: "skip",
  };
}

/** Where the lines go and where they end, from the top down, with values cut to the range that is shown. */
function describe(summaries: Summary[], [low, high]: [number, number]): string {
  const text = (value: number) =>
    value > high ? `above ${high}` : value < low ? `below ${low}` : String(Number(value.toPrecision(2)));
  const clip = (value: number) => Math.min(high, Math.max(low, value));
  const ordered = [...summaries].sort((a, b) => (b.median.at(-1) ?? Infinity) - (a.median.at(-1) ?? Infinity));
  let start: number | undefined;
  const ends = ordered.map(({ name, median, diverged, seeds }) => {
    const from = median.find((value) => value !== null);
    const to = median.at(-1);
    if (from == null) return `${headOf(name)} diverged at once`;
    if (to == null) return `${headOf(name)} starts at ${text(from)} and diverged`;
    const change = (to - from) / (high - low);
    const verb = change < -0.02 ? "falls" : change > 0.02 ? "rises" : "stays";
    // Where all start alike, it is said once.
    const alike = start !== undefined && Math.abs(clip(from) - start) < 0.05 * (high - low);
    start ??= clip(from);
    const way = verb === "stays" ? "at" : alike ? "to" : `from ${text(from)} to`;
    return `${headOf(name)} ${verb} ${way} ${text(to)}${diverged > 0 ? ` (${diverged} of ${seeds} seeds diverged)` : ""}`;
  });
  return `${ends.join(", ")}.`;
}

/** What lines and bands are. */
function legendOf(summaries: Summary[]): string {
  const seeds = Math.max(...summaries.map((summary) => summary.seeds));
  return seeds > 1 ? ` Lines: medians of ${seeds} seeds; bands: their range.` : "";
}

/** The lowest value of any line or band below `high`, rounded down to 1, 2 or 5 times a power of ten. */
function lowestOf(summaries: Summary[], high: number): number {
  const positive = summaries.flatMap(({ low }) => low.filter((value) => value !== null && value > 0 && value < high));
  const lowest = min(positive as number[]) ?? high / 100;
  const power = 10 ** Math.floor(Math.log10(lowest));
  return ([5, 2].find((digit) => digit * power <= lowest) ?? 1) * power;
}

function longest(summaries: Summary[]): number {
  if (summaries.length === 0) throw new RangeError("learning curves: no curves; give at least one");
  return Math.max(...summaries.map(({ median }) => median.length));
}

/** Leaves room for the first and the last marker. */
function xRange(length: number): [number, number] {
  return [-0.02 * length, 1.02 * (length - 1)];
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}

/** At the pointer, one box with the values of all curves, in the order of the lines. */
const hovering = { hovermode: "x unified", hoversort: "value descending", hoverlabel: { font: { size: 12 } } };

/** What the box calls its place on the x axis: `"update 1179"`. */
function at(unit: string): Layout {
  return { unifiedhovertitle: { text: `${unit} %{x}` } };
}
