import { extent, quantile } from "d3-array";
import { endLabels, endMargin } from "./end-labels";
import { axisName, panelGrid, translucent } from "./panels";
import type { Figure, Trace } from "./figure";
import { dashes, palette, template } from "./figure";

/** One trial of a search: its hyperparameters, and the accuracies they led to. */
export interface SearchTrial {
  learningRate: number;
  weightDecay: number;
  /** Accuracies at each epoch point, 0 … 1; `null` once the run has diverged. */
  history: { validationAccuracy: (number | null)[]; trainAccuracy: (number | null)[] };
}

/** One search method: the cost and the results of its runs, for each seed. */
export interface MethodResults {
  name: string;
  /** The trials for each seed: the updates spent when each ended, in increasing order, and its validation accuracy. */
  searches: { spent: number; score: number }[][];
}

/** What trials are ranked by. */
interface Ranked {
  history: Pick<SearchTrial["history"], "validationAccuracy">;
}

/**
 * The trials from best to worst by their last validation accuracy, diverged ones last; ties keep their
 * order.
 *
 * @throws RangeError if a trial has no validation accuracies.
 */
export function rankTrials<T extends Ranked>(trials: T[]): T[] {
  checkRecorded("rankTrials", trials);
  return [...trials].sort((a, b) => finalAccuracy(b) - finalAccuracy(a));
}

/**
 * Figure 6-24: the best 20 trials in small panels, five per row: validation accuracy solid, training
 * accuracy dashed. Above each panel stand its accuracy, learning rate η and weight decay λ.
 *
 * @throws RangeError if there are no trials or one has no validation accuracies.
 */
export function searchPanels(trials: SearchTrial[]): Figure {
  checkTrials("searchPanels", trials);
  const best = rankTrials(trials).slice(0, 20);
  const columns = Math.min(5, best.length);
  const rows = Math.ceil(best.length / columns);
  const points = Math.max(...best.map(({ history }) => history.validationAccuracy.length));
  const accuracy = (trial: SearchTrial) => finalAccuracy(trial).toFixed(2);
  const rates = extent(best, ({ learningRate }) => learningRate);
  const decays = extent(best, ({ weightDecay }) => weightDecay);
  return {
    id: "6-24",
    caption:
      `The ${best.length} best of ${trials.length} trials by validation accuracy after the last epoch: validation accuracy solid, training accuracy dashed. ` +
      "Above each panel its last validation accuracy, its learning rate η and its weight decay λ.",
    alt:
      `${best.length} small panels of accuracy by epoch, from the best trial to the worst shown. The last validation accuracy falls from ${accuracy(best[0])} to ${accuracy(best[best.length - 1])}; ` +
      `learning rates lie between ${rates.map((rate) => short(rate!)).join(" and ")}, weight decays between ${decays.map((decay) => short(decay!)).join(" and ")}.`,
    data: best.flatMap(({ history, learningRate, weightDecay }, index): Trace[] =>
      [
        { name: "validation", y: history.validationAccuracy, line: { color: palette[0], dash: "solid", width: 2 } },
        { name: "training", y: history.trainAccuracy, line: { color: palette[1], dash: "5px,3px", width: 1.5 } },
      ].map((curve) => ({
        type: "scatter",
        mode: "lines",
        xaxis: axisName("x", index % columns),
        yaxis: axisName("y", Math.floor(index / columns)),
        ...curve,
        legendgroup: curve.name,
        showlegend: index === 0,
        hovertemplate:
          `Best-${index + 1}, ${curve.name}<br>epoch %{x}: %{y:.2f}<br>` +
          `learning rate ${learningRate.toExponential(2)}<br>weight decay ${weightDecay.toExponential(2)}<extra></extra>`,
      })),
    ),
    layout: {
      template,
      height: 146 + 148 * rows,
      margin: { l: 52, r: 12, t: 94, b: 52 },
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1, yref: "container", yanchor: "top" },
      hoverlabel: readableHover,
      ...panelGrid({
        rows,
        columns,
        titles: best.map(
          (trial, index) =>
            `<b>Best-${index + 1}</b><br>${accuracy(trial)}<br>η ${short(trial.learningRate)}<br>λ ${short(trial.weightDecay)}`,
        ),
        x: { title: "epoch", range: [0, points], tickvals: [0, points / 2, points] },
        y: { title: "accuracy", range: [0, 1.03], tickvals: [0, 0.5, 1] },
        gap: { x: 0.2, y: 0.44 },
      }),
    },
  };
}

/**
 * A figure of our own: what explains the accuracy? Every trial at its learning rate and weight decay,
 * coloured and sized by validation accuracy; the best five are diamonds. The caption gives the rank
 * correlation of each with the accuracy.
 *
 * @throws RangeError if there are no trials or one has no validation accuracies.
 */
export function searchScatter(trials: SearchTrial[]): Figure {
  checkTrials("searchScatter", trials);
  const ranked = rankTrials(trials);
  const [slowest, fastest] = extent(ranked.slice(0, 5), ({ learningRate }) => learningRate) as [number, number];
  const accuracies = ranked.map((trial) => Math.max(0, finalAccuracy(trial)));
  const byLearningRate = rankCorrelation(
    ranked.map(({ learningRate }) => learningRate),
    accuracies,
  );
  const byWeightDecay = rankCorrelation(
    ranked.map(({ weightDecay }) => weightDecay),
    accuracies,
  );
  const colorbar = {
    title: { text: "validation accuracy", side: "top" },
    orientation: "h",
    thickness: 12,
    len: 0.9,
    x: 0.5,
    // Above the plot, where no axis title comes in its way, whatever the figure's size.
    y: 1,
    yanchor: "bottom",
    ypad: 4,
    tickvals: [0, 0.25, 0.5, 0.75, 1],
  };
  const group = (name: string, symbol: string, from: number, to: number, withScale: boolean): Trace => ({
    type: "scatter",
    mode: "markers",
    name,
    x: ranked.slice(from, to).map(({ learningRate }) => learningRate),
    y: ranked.slice(from, to).map(({ weightDecay }) => weightDecay),
    marker: {
      symbol,
      size: accuracies.slice(from, to).map((accuracy) => Number((7 + 10 * accuracy).toFixed(2))),
      color: accuracies.slice(from, to),
      colorscale: brightness,
      cmin: 0,
      cmax: 1,
      showscale: withScale,
      ...(withScale && { colorbar }),
      opacity: 1,
      line: { width: 1, color: "#8a929c" },
    },
    customdata: accuracies.slice(from, to),
    hovertemplate:
      "learning rate %{x:.3~g}<br>weight decay %{y:.2e}<br>validation accuracy %{customdata:.2f}<extra></extra>",
  });
  const power = { type: "log", dtick: 1, exponentformat: "power", showexponent: "all", zeroline: false };
  return {
    id: "6-24-parameters",
    caption:
      `The ${trials.length} trials at their learning rate and weight decay; the lighter and larger, the better the validation accuracy. ` +
      `Rank correlation with it: learning rate ${signed(byLearningRate)}, weight decay ${signed(byWeightDecay)}.`,
    alt:
      `Scatter plot of ${trials.length} trials, learning rate against weight decay on logarithmic axes; light, large points have the best validation accuracy. ` +
      `The best five have learning rates from ${short(slowest)} to ${short(fastest)}.`,
    data: [group("other trials", "circle", 5, ranked.length, false), group("best five", "diamond", 0, 5, true)],
    layout: {
      template,
      height: 560,
      margin: { l: 72, r: 16, t: 100, b: 60 },
      hoverlabel: readableHover,
      xaxis: { ...power, title: { text: "learning rate" }, tickangle: 0 },
      yaxis: { ...power, title: { text: "weight decay" } },
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1, yref: "container", yanchor: "top" },
    },
  };
}

/**
 * A figure of our own: search methods at equal cost, as the best validation accuracy found so far
 * against the updates spent. Each line is the median over the seeds, its band their middle half; at its end
 * stand the method and the last median.
 *
 * @throws RangeError if there are no methods, one has no searches, or a search has no trials.
 */
export function searchMethods(methods: MethodResults[]): Figure {
  if (methods.length === 0) throw new RangeError("searchMethods: no methods; pass at least one");
  const summaries = methods.map((method, index) => ({
    name: method.name,
    seeds: method.searches.length,
    curve: quartilesSoFar(method),
    color: palette[index % palette.length],
    dash: dashes[index % dashes.length],
  }));
  const end = ({ curve }: (typeof summaries)[number]) => curve[curve.length - 1];
  const most = Math.max(...summaries.map((summary) => end(summary).steps));
  // A line goes on a little, so that a step at its end is a step and not a stub.
  const further = Math.round(0.02 * most);
  const drawn = summaries.map((summary) => {
    const last = end(summary);
    return { ...summary, curve: [...summary.curve, { ...last, steps: last.steps + further }] };
  });
  const bands = drawn.flatMap(({ curve, color }): Trace[] => {
    const edge = {
      type: "scatter",
      mode: "lines",
      x: curve.map(({ steps }) => steps),
      line: { color, width: 0.5, shape: "hv" },
      opacity: 0.5,
      hoverinfo: "skip",
    };
    return [
      { ...edge, y: curve.map(({ low }) => round(low)) },
      { ...edge, y: curve.map(({ high }) => round(high)), fill: "tonexty", fillcolor: translucent(color, 0.07) },
    ];
  });
  const lines = drawn.map(({ name, curve, color, dash }): Trace => ({
    type: "scatter",
    mode: "lines",
    x: curve.map(({ steps }) => steps),
    y: curve.map(({ median }) => round(median)),
    customdata: curve.map(({ low, high }) => [round(low), round(high)]),
    name,
    line: { color, dash, width: 2.5, shape: "hv" },
    hovertemplate: `${name}<br>%{x:,} updates: %{y:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})<extra></extra>`,
  }));
  const labels = summaries.map((summary) => `${twoLines(summary.name)}<br>${end(summary).median.toFixed(3)}`);
  // A method that has spent less ends earlier; a thin line leads from there to its name.
  const tails = drawn
    .map(({ curve, color }) => ({ color, ...curve[curve.length - 1] }))
    .filter(({ steps }) => steps < most + further)
    .map(({ color, steps, median }): Trace => ({
      type: "scatter",
      mode: "lines",
      x: [steps, most + further],
      y: [round(median), round(median)],
      line: { color, width: 1 },
      hoverinfo: "skip",
    }));
  const highest = Math.max(...summaries.map((summary) => end(summary).high));
  const range: [number, number] = [0, Math.min(1, (Math.ceil(10 * highest) + 0.5) / 10)];
  const height = 440;
  const margin = { l: 60, r: endMargin(labels), t: 16, b: 56 };
  const ranked = [...summaries].sort((a, b) => end(b).median - end(a).median);
  return {
    id: "6-24-methods",
    caption:
      "Best validation accuracy found so far against the updates spent: " +
      `the line is the median over ${listOf(summaries.map(({ seeds }) => seeds))} seeds, the band the middle half of them. ` +
      "At the end of each line: the median there.",
    alt:
      "Rising step curves of the best validation accuracy found against updates, one a search method. " +
      `At the end, from the top: ${ranked.map((summary) => `${summary.name} ${end(summary).median.toFixed(3)}`).join(", ")}.`,
    data: [...bands, ...tails, ...lines],
    layout: {
      template,
      height,
      margin,
      showlegend: false,
      hoverlabel: readableHover,
      xaxis: { title: { text: "updates spent" }, range: [0, most + further], nticks: 6, tickformat: "," },
      yaxis: { title: { text: "best validation accuracy" }, range },
      annotations: endLabels(
        summaries.map((summary, i) => ({
          x: most + further,
          y: end(summary).median,
          color: summary.color,
          text: labels[i],
        })),
        { range, height: height - margin.t - margin.b },
      ),
    },
  };
}

/**
 * Spearman's rank correlation: how well the order of one predicts that of the other, from −1 to 1; ties
 * share their mean rank. 0 if all values of one side are equal: they have no order to predict, or to predict from.
 *
 * Spearman, "The Proof and Measurement of Association between Two Things", 1904.
 *
 * @throws RangeError if the two differ in length or are empty, or a value is not a finite number.
 */
export function rankCorrelation(x: number[], y: number[]): number {
  if (x.length !== y.length || x.length === 0)
    throw new RangeError(`rankCorrelation: ${x.length} values against ${y.length}; pass pairs`);
  const values = [...x, ...y];
  const unranked = values.findIndex((value) => !Number.isFinite(value));
  if (unranked !== -1)
    throw new RangeError(`rankCorrelation: expected finite numbers, got ${values[unranked]}; leave out its pair`);
  const [rx, ry] = [ranks(x), ranks(y)];
  const mean = (x.length + 1) / 2;
  const product = (a: number[], b: number[]) => a.reduce((sum, rank, i) => sum + (rank - mean) * (b[i] - mean), 0);
  return product(rx, ry) / Math.sqrt(product(rx, rx) * product(ry, ry)) || 0;
}

/** The rank of each value in increasing order, from 1; ties share their mean rank. */
function ranks(values: number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
}

/** The last validation accuracy, or −1 for a run that diverged. */
function finalAccuracy({ history }: Ranked): number {
  const last = history.validationAccuracy.at(-1);
  return typeof last === "number" && Number.isFinite(last) ? last : -1;
}

/** Quartiles over the seeds of the best accuracy so far, wherever one changes, once every seed has a result. */
function quartilesSoFar({
  name,
  searches,
}: MethodResults): { steps: number; low: number; median: number; high: number }[] {
  if (searches.length === 0) throw new RangeError(`searchMethods: "${name}" has no searches; pass one per seed`);
  if (searches.some((trials) => trials.length === 0))
    throw new RangeError(`searchMethods: "${name}" has a search without trials; pass at least one per seed`);
  const start = Math.max(...searches.map(([first]) => first.spent));
  const grid = [...new Set(searches.flatMap((trials) => trials.map(({ spent }) => spent)))]
    .filter((steps) => steps >= start)
    .sort((a, b) => a - b);
  const points = grid.map((spent) => {
    const bests = searches.map((trials) =>
      Math.max(...trials.filter((trial) => trial.spent <= spent).map(({ score }) => score)),
    );
    const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(bests, share)!);
    return { steps: spent, low, median, high };
  });
  return points.filter((point, i) => {
    const before = points[i - 1];
    const changed = i === 0 || point.low !== before.low || point.median !== before.median || point.high !== before.high;
    return changed || i === points.length - 1;
  });
}

function checkTrials(who: string, trials: SearchTrial[]): void {
  if (trials.length === 0) throw new RangeError(`${who}: no trials; pass at least one`);
  checkRecorded(who, trials);
}

function checkRecorded(who: string, trials: Ranked[]): void {
  const empty = trials.findIndex(({ history }) => history.validationAccuracy.length === 0);
  if (empty !== -1) throw new RangeError(`${who}: trial ${empty} has no validation accuracies; record them in its run`);
}

function signed(value: number): string {
  return value.toFixed(2).replace("-", "−");
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** In two digits and a power of ten, as one reads them off a logarithmic axis: `9.1e-3`. */
function short(value: number): string {
  return value.toExponential(1).replace("-", "−");
}

/** `"4"`, or `"3 to 5"` */
function listOf(counts: number[]): string {
  return [...new Set(extent(counts))].join(" to ");
}

/** A name of several words, broken after the first: a phone has no room for long ones beside a figure. */
function twoLines(name: string): string {
  return `<b>${name.replace(" ", "</b><br><b>")}</b>`;
}

/** Viridis without its darkest part, which near-black would swallow. */
const brightness = [
  [0, "#414487"],
  [0.25, "#2a788e"],
  [0.5, "#22a884"],
  [0.75, "#7ad151"],
  [1, "#fde725"],
];

/** Text on the colour of the page instead of on that of the point. */
const readableHover = { bgcolor: "#ffffff", bordercolor: "#8a929c", font: { color: "#24292f" } };
