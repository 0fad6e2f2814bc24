import { extent, quantile } from "d3-array";
import { axisName, panelGrid } from "./panels";
import type { Figure, Trace } from "./figure";
import { palette, template } from "./figure";

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
  /** The trials for each seed: the training steps spent when each ended, in increasing order, and its validation accuracy. */
  searches: { spent: number; score: number }[][];
}

/** What trials are ranked by. */
interface Ranked {
  history: Pick<SearchTrial["history"], "validationAccuracy">;
}

/**
 * The trials from best to worst by their last validation accuracy, diverged ones last; ties keep their
 * order.
 */
export function rankTrials<T extends Ranked>(trials: T[]): T[] {
  return [...trials].sort((a, b) => finalAccuracy(b) - finalAccuracy(a));
}

/**
 * Figure 6-24: the best 20 trials in small panels, five per row: validation accuracy solid, train
 * accuracy dashed.
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
  return {
    id: "6-24",
    caption:
      `The ${best.length} best of ${trials.length} trials by validation accuracy after the last epoch (val, above each panel): ` +
      "validation accuracy solid, train accuracy dashed.",
    alt:
      `${best.length} small panels of accuracy by epoch, from the best trial to the worst shown. ` +
      best
        .slice(0, 5)
        .map(
          (trial, i) =>
            `Best-${i + 1}: validation accuracy ${accuracy(trial)}, learning rate ${trial.learningRate.toPrecision(3)}, weight decay ${trial.weightDecay.toExponential(2)}`,
        )
        .join("; ") +
      `. Best-${best.length}: validation accuracy ${accuracy(best[best.length - 1])}.`,
    data: best.flatMap(({ history }, index): Trace[] =>
      [
        { name: "validation", y: history.validationAccuracy, line: { color: palette[0], dash: "solid", width: 2 } },
        { name: "train", y: history.trainAccuracy, line: { color: palette[1], dash: "5px,3px", width: 1.5 } },
      ].map((curve) => ({
        type: "scatter",
        mode: "lines",
        xaxis: axisName("x", index % columns),
        yaxis: axisName("y", Math.floor(index / columns)),
        ...curve,
        legendgroup: curve.name,
        showlegend: index === 0,
        hovertemplate: "epoch %{x}: %{y:.2f}<extra>%{fullData.name}</extra>",
      })),
    ),
    layout: {
      template,
      height: 120 + 130 * rows,
      margin: { l: 52, r: 8, t: 72, b: 52 },
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1, yref: "container", yanchor: "top" },
      ...panelGrid({
        rows,
        columns,
        titles: best.map((trial, index) => `Best-${index + 1}<br>val ${accuracy(trial)}`),
        x: { title: "epoch", range: [0, points], tickvals: [0, points / 2, points] },
        y: { title: "accuracy", range: [0, 1.03], tickvals: [0, 0.5, 1] },
        gap: { x: 0.25, y: 0.42 },
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
    y: -0.24,
    yanchor: "top",
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
      colorscale: "Viridis",
      cmin: 0,
      cmax: 1,
      showscale: withScale,
      ...(withScale && { colorbar }),
      opacity: 1,
      line: { width: 1, color: "#6e7781" },
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
      "Scatter plot, learning rate against weight decay, both on logarithmic axes; colour and size show validation accuracy. " +
      `Spearman's rank correlation with the accuracy is ${signed(byLearningRate)} for the learning rate and ${signed(byWeightDecay)} for the weight decay. ` +
      `The best five trials have learning rates from ${slowest.toPrecision(3)} to ${fastest.toPrecision(3)}.`,
    data: [group("other trials", "circle", 5, ranked.length, false), group("best five", "diamond", 0, 5, true)],
    layout: {
      template,
      height: 560,
      margin: { l: 72, r: 16, t: 48, b: 148 },
      xaxis: { ...power, title: { text: "learning rate" }, tickangle: 0 },
      yaxis: { ...power, title: { text: "weight decay" } },
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1.02, yanchor: "bottom" },
    },
  };
}

/**
 * A figure of our own: search methods at equal cost, as the best validation accuracy found so far
 * against the training steps spent, one panel per method. The line is the median over the seeds, the band
 * their middle half; the medians of the other methods are thin and grey.
 *
 * @throws RangeError if there are no methods, one has no searches, or a search has no trials.
 */
export function searchMethods(methods: MethodResults[]): Figure {
  if (methods.length === 0) throw new RangeError("searchMethods: no methods; pass at least one");
  const summaries = methods.map((method) => ({
    name: method.name,
    seeds: method.searches.length,
    curve: quartilesSoFar(method),
  }));
  const columns = Math.min(2, summaries.length);
  const rows = Math.ceil(summaries.length / columns);
  const data = summaries.flatMap(({ name, curve }, index): Trace[] => {
    const color = palette[index % palette.length];
    const panel = {
      type: "scatter",
      mode: "lines",
      xaxis: axisName("x", index % columns),
      yaxis: axisName("y", Math.floor(index / columns)),
    };
    const own = { ...panel, x: curve.map(({ steps }) => steps) };
    const edge = { ...own, line: { width: 0, shape: "hv" }, hoverinfo: "skip" };
    const others = summaries.filter((_, i) => i !== index);
    return [
      { ...edge, y: curve.map(({ low }) => low) },
      { ...edge, y: curve.map(({ high }) => high), fill: "tonexty", fillcolor: translucent(color) },
      ...others.map((other) => ({
        ...panel,
        x: other.curve.map(({ steps }) => steps),
        y: other.curve.map(({ median }) => median),
        line: { color: "#8a929c", width: 1, shape: "hv" },
        hoverinfo: "skip",
      })),
      {
        ...own,
        y: curve.map(({ median }) => median),
        name,
        line: { color, width: 2.5, shape: "hv" },
        hovertemplate: "%{x:,} steps: %{y:.3f}<extra>%{fullData.name}</extra>",
      },
    ];
  });
  const counts = [...new Set(summaries.map(({ seeds }) => seeds))].sort((a, b) => a - b);
  const end = ({ curve }: (typeof summaries)[number]) => curve[curve.length - 1];
  const most = Math.max(...summaries.map((summary) => end(summary).steps));
  return {
    id: "6-24-methods",
    caption:
      "Best validation accuracy found so far against the training steps spent: " +
      `the line is the median over ${counts.join(" to ")} seeds, the band the middle half of them; ` +
      "thin and grey, the medians of the other methods. Above each panel: the median at the end.",
    alt:
      `${summaries.length} panels, one a search method: step curves of the best validation accuracy found against training steps, with a band for the middle half of the seeds. At the end: ` +
      summaries
        .map((summary) => {
          const { steps, low, median, high } = end(summary);
          return `${summary.name} ${median.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}) after ${steps} steps`;
        })
        .join("; ") +
      ".",
    data,
    layout: {
      template,
      height: 120 + 200 * rows,
      margin: { l: 60, r: 12, t: 36, b: 56 },
      showlegend: false,
      ...panelGrid({
        rows,
        columns,
        titles: summaries.map((summary) => `${summary.name}: ${end(summary).median.toFixed(2)}`),
        x: { title: "training steps spent", range: [0, 1.02 * most], nticks: 6, tickformat: "," },
        y: { title: "best validation accuracy so far", range: [0, 1], tickvals: [0, 0.5, 1] },
        gap: { x: 0.08, y: 0.2 },
      }),
    },
  };
}

/**
 * Spearman's rank correlation: how well the order of one predicts that of the other, from −1 to 1; ties
 * share their mean rank. NaN if all values of one side are equal.
 *
 * Spearman, "The Proof and Measurement of Association between Two Things", 1904.
 *
 * @throws RangeError if the two differ in length.
 */
export function rankCorrelation(x: number[], y: number[]): number {
  if (x.length !== y.length)
    throw new RangeError(`rankCorrelation: ${x.length} values against ${y.length}; pass pairs`);
  const [rx, ry] = [ranks(x), ranks(y)];
  const mean = (x.length + 1) / 2;
  const product = (a: number[], b: number[]) => a.reduce((sum, rank, i) => sum + (rank - mean) * (b[i] - mean), 0);
  return product(rx, ry) / Math.sqrt(product(rx, rx) * product(ry, ry));
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
  const empty = trials.findIndex(({ history }) => history.validationAccuracy.length === 0);
  if (empty !== -1) throw new RangeError(`${who}: trial ${empty} has no validation accuracies; record them in its run`);
}

function signed(value: number): string {
  return value.toFixed(2).replace("-", "−");
}

/** A palette colour for the band behind its line. */
function translucent(hex: string): string {
  const [red, green, blue] = [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
  return `rgba(${red}, ${green}, ${blue}, 0.2)`;
}
