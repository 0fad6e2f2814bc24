import { mean } from "d3-array";
import { axisName, panelGrid } from "./panels";
import type { Histogram } from "./histogram";
import { deadShare, deviation, histogram, saturatedShare } from "./histogram";
import type { Figure, Layout, Trace } from "./figure";
import { palette, template } from "./figure";

export type Activation = "sigmoid" | "tanh" | "relu";

/** One row of panels: how the weights were drawn, and the activations of each layer. */
export interface ActivationRow {
  /** The label beside the row: `"std 0.01"`, `"Xavier"`, … */
  weights: string;
  /** The activations of each layer, the values of `[batch, units]` row by row. */
  layers: ArrayLike<number>[];
}

/** One position of the slider: the weight scale, and the layers of each network drawn with it. */
export interface WeightScaleStep {
  /** Standard deviation of the weights. */
  scale: number;
  sigmoid: ArrayLike<number>[];
  tanh: ArrayLike<number>[];
  relu: ArrayLike<number>[];
}

/** The bins of the chapter's histograms. */
const BINS = 30;

/** The plotted range of each activation: the whole range for the S-shaped ones, (0, 1) as in the chapter for ReLU. */
const ranges: Record<Activation, [number, number]> = { sigmoid: [0, 1], tanh: [-1, 1], relu: [0, 1] };

/** The slider figure's columns. */
const activations = ["sigmoid", "tanh", "relu"] as const;

const names: Record<Activation, string> = { sigmoid: "sigmoid", tanh: "tanh", relu: "ReLU" };

/** ReLU's first bin holds half of all values and would flatten the others: bars are cut at this share. */
const RELU_TOP = 0.06;

/** The same for the slider, where the values of any activation may pile up. */
const SLIDER_TOP = 0.15;

/**
 * Figures 6-10, 6-11, 6-13 (one row) and 6-14 (three rows): the distribution of the activations in 30
 * bins, one panel per layer, one row per way of drawing the weights.
 *
 * Values above the plotted range are a hatched bar to the right of it, with their share as a number.
 *
 * @param id the figure's number in the chapter, like `"6-10"`
 * @throws RangeError if there is nothing to draw, rows differ in their number of layers, or a value is not a number.
 */
export function activationHistograms(id: string, activation: Activation, rows: ActivationRow[]): Figure {
  const columns = rows[0]?.layers.length ?? 0;
  if (columns === 0)
    throw new RangeError("activationHistograms: no layers to draw; pass at least one row with one layer");
  for (const { weights, layers } of rows) {
    if (layers.length !== columns) {
      throw new RangeError(
        `activationHistograms: row "${weights}" has ${layers.length} layers, the first row ${columns}`,
      );
    }
  }
  const range = ranges[activation];
  const panels = rows.flatMap(({ layers }) => layers.map((values) => ({ values, ...histogram(values, range, BINS) })));
  /** ReLU has no upper bound: values beyond the axis are counted beside it. */
  const open = activation === "relu";
  const labelled = rows.length > 1;
  const tallest = Math.max(...panels.flatMap(({ counts }) => counts));
  const top = open ? Math.min(tallest, RELU_TOP * Math.max(...panels.map(({ values }) => values.length))) : tallest;

  const data = panels.flatMap((panel, index) => {
    const axes = { xaxis: axisName("x", index % columns), yaxis: axisName("y", Math.floor(index / columns)) };
    return open ? [bars(panel, range, axes), overflowBar(panel, range, axes)] : [bars(panel, range, axes)];
  });
  const titles = panels.map(({ values, counts, above }, index) => {
    const lines = index < columns ? [`layer ${index + 1}`] : [];
    if (open) lines.push(`${percent(counts[0] / values.length)} ≈0`, `${percent(above / values.length)} >1`);
    return lines.join("<br>");
  });
  const describe = (values: ArrayLike<number>, { above }: Histogram) =>
    open
      ? `mean ${mean(Array.from(values))!.toPrecision(3)}, ${percent(above / values.length)} above 1`
      : `${percent(saturatedShare(values, activation))} saturated, standard deviation ${deviation(values).toFixed(3)}`;
  const seen = rows.map(({ weights }, row) => {
    const layers = panels.slice(row * columns, (row + 1) * columns);
    return (
      `Weights with ${weights}: ` +
      layers.map((panel, i) => `layer ${i + 1} ${describe(panel.values, panel)}`).join("; ") +
      "."
    );
  });
  const last = panels[columns - 1];
  return {
    id,
    caption:
      `Activations of ${columns} ${names[activation]} layers; the weights are drawn with ${rows.map(({ weights }) => weights).join(", ")}. ` +
      (open
        ? `The hatched bar counts the values above 1, which the axis does not reach. Bars are cut at ${percent(RELU_TOP)} of a layer's values; ` +
          "“≈0” is the share in the first bin."
        : `In layer ${columns}, ${percent(saturatedShare(last.values, activation))} of the values are saturated (slope under 5% of the largest) ` +
          `and the standard deviation is ${deviation(last.values).toFixed(3)}.`),
    alt: `Histograms, one panel a layer${labelled ? ", one row a way to draw the weights" : ""}. ${seen.join(" ")}`,
    data,
    layout: {
      template,
      height: rows.length === 1 ? 280 : 130 + 150 * rows.length,
      margin: { l: labelled ? 68 : 56, r: 8, t: open ? 60 : 36, b: 52 },
      showlegend: false,
      bargap: 0,
      ...panelGrid({
        rows: rows.length,
        columns,
        titles,
        x: { title: "activation", ...activationAxis(activation), showgrid: false, zeroline: false },
        y: {
          title: labelled ? rows.map(({ weights }) => `<b>${weights}</b><br>values per bin`) : "values per bin",
          range: [0, top * 1.05],
          tickformat: "~s",
          nticks: 5,
        },
        gap: { x: 0.15, y: 0.32 },
      }),
    },
  };
}

/**
 * A figure of our own: the activations of sigmoid, tanh and ReLU networks side by side, layer by
 * layer, with a slider over the standard deviation of the weights. Above each panel is the share of
 * saturated values or, for ReLU, of dead units and of values beyond the axis. It opens at the scale
 * closest to Xavier's.
 *
 * @param steps one network of each kind per scale, in increasing order of scale; a generator saves memory
 * @param units the width of each layer, the `n` of Xavier's 1/√n
 * @throws RangeError if there are no steps, a layer is not `[batch, units]`, or a value is not a number.
 */
export function weightScaleSlider(steps: Iterable<WeightScaleStep>, units = 100): Figure {
  const views = Array.from(steps, (step) => ({ scale: step.scale, panels: sliderPanels(step, units) }));
  if (views.length === 0) throw new RangeError("weightScaleSlider: no steps; pass at least one weight scale");
  const fromXavier = ({ scale }: { scale: number }) => Math.abs(Math.log(scale * Math.sqrt(units)));
  const start = views.reduce((best, view) => (fromXavier(view) < fromXavier(best) ? view : best));
  const layers = start.panels.length / activations.length;

  const data = start.panels.flatMap((panel, index) => {
    const column = index % activations.length;
    const axes = { xaxis: axisName("x", column), yaxis: axisName("y", Math.floor(index / activations.length)) };
    const range = ranges[activations[column]];
    return activations[column] === "relu"
      ? [bars(panel, range, axes), overflowBar(panel, range, axes)]
      : [bars(panel, range, axes)];
  });
  const heights = (panels: SliderPanel[]) =>
    panels.flatMap((panel, index) =>
      activations[index % activations.length] === "relu" ? [panel.counts, [panel.above]] : [panel.counts],
    );
  const titles = (panels: SliderPanel[]) =>
    panels.map(({ note }, index) =>
      index < activations.length ? `<b>${names[activations[index]]}</b><br>${note}` : note,
    );
  const lastLayer = (panels: SliderPanel[]) =>
    panels
      .slice(-activations.length)
      .map(({ note }, index) => `${names[activations[index]]} ${note}`)
      .join(", ");

  const grid = panelGrid({
    rows: layers,
    columns: activations.length,
    titles: titles(start.panels),
    x: { title: "activation", showgrid: false, zeroline: false },
    y: {
      title: Array.from({ length: layers }, (_, layer) => `<b>layer ${layer + 1}</b><br>values`),
      range: [0, SLIDER_TOP * start.panels[0].size],
      tickformat: "~s",
      nticks: 4,
    },
    gap: { x: 0.2, y: 0.4 },
  });
  const annotations = grid.annotations as Layout[];
  activations.forEach((activation, column) => {
    const key = axisName("x", column).replace("x", "xaxis");
    grid[key] = { ...(grid[key] as Layout), ...activationAxis(activation) };
  });
  return {
    id: "6-14-scales",
    caption:
      `Activations of ${layers} layers of ${units} units, each bin's values counted; the slider changes the weight scale. ` +
      "Saturated: the slope is under 5% of its largest. Dead: the unit outputs 0 for every input. " +
      `The hatched bar counts what is above 1; bars are cut at ${percent(SLIDER_TOP)} of a layer's values.`,
    alt:
      `Histograms of the values per bin, one row a layer, one column each for ${listed(activations.map((activation) => names[activation]))}. In layer ${layers}: ` +
      [...new Set([views[0], start, views[views.length - 1]])]
        .map(({ scale, panels }) => `with weight scale ${scale} ${lastLayer(panels)}`)
        .join("; ") +
      ".",
    data,
    layout: {
      template,
      height: 190 + 96 * layers,
      margin: { l: 60, r: 8, t: 56, b: 120 },
      showlegend: false,
      bargap: 0,
      ...grid,
      sliders: [
        {
          active: views.indexOf(start),
          currentvalue: { prefix: "standard deviation of the weights: ", font: { size: 13 } },
          pad: { t: 46 },
          font: { size: 10 },
          steps: views.map(({ scale }) => ({
            label: String(scale),
            method: "animate",
            args: [
              [String(scale)],
              { mode: "immediate", frame: { duration: 0, redraw: true }, transition: { duration: 0 } },
            ],
          })),
        },
      ],
    },
    frames: views.map(({ scale, panels }) => ({
      name: String(scale),
      data: heights(panels).map((y) => ({ y })),
      traces: data.map((_, trace) => trace),
      layout: {
        annotations: annotations.map((annotation, index) => ({
          ...annotation,
          text: titles(panels)[index] ?? annotation.text,
        })),
      },
    })),
  };
}

interface SliderPanel extends Histogram {
  size: number;
  note: string;
}

/** The panels of one slider position, layer by layer, in the order of `activations`. */
function sliderPanels({ scale, sigmoid, tanh, relu }: WeightScaleStep, units: number): SliderPanel[] {
  if (tanh.length !== sigmoid.length || relu.length !== sigmoid.length) {
    throw new RangeError(
      `weightScaleSlider: at scale ${scale} sigmoid has ${sigmoid.length} layers, tanh ${tanh.length}, ReLU ${relu.length}; pass equally deep networks`,
    );
  }
  return sigmoid.flatMap((_, layer) => [
    { ...sized(sigmoid[layer], "sigmoid"), note: `${percent(saturatedShare(sigmoid[layer], "sigmoid"))} saturated` },
    { ...sized(tanh[layer], "tanh"), note: `${percent(saturatedShare(tanh[layer], "tanh"))} saturated` },
    reluPanel(relu[layer], units),
  ]);
}

function reluPanel(values: ArrayLike<number>, units: number): SliderPanel {
  const panel = sized(values, "relu");
  return { ...panel, note: `${percent(deadShare(values, units))} dead, ${percent(panel.above / panel.size)} >1` };
}

function sized(values: ArrayLike<number>, activation: Activation): Histogram & { size: number } {
  return { ...histogram(values, ranges[activation], BINS), size: values.length };
}

function bars({ counts }: Histogram, [low, high]: [number, number], axes: { xaxis: string; yaxis: string }): Trace {
  const width = (high - low) / counts.length;
  return {
    type: "bar",
    ...axes,
    x: counts.map((_, bin) => Number((low + (bin + 0.5) * width).toFixed(6))),
    y: counts,
    width,
    marker: { color: palette[0] },
    hovertemplate: "around %{x:.2f}: %{y} values<extra></extra>",
  };
}

/** The values above the plotted range: one bar beyond the end of the axis, set apart by colour and hatching. */
function overflowBar({ above }: Histogram, [, high]: [number, number], axes: { xaxis: string; yaxis: string }): Trace {
  return {
    type: "bar",
    ...axes,
    x: [high + 0.12],
    y: [above],
    width: 0.1,
    marker: { color: palette[1], pattern: { shape: "/", size: 5, fillmode: "overlay" } },
    hovertemplate: `above ${high}: %{y} values<extra></extra>`,
  };
}

function activationAxis(activation: Activation): Layout {
  const [low, high] = ranges[activation];
  return {
    range: [low, activation === "relu" ? high + 0.2 : high],
    tickvals: [low, (low + high) / 2, high],
  };
}

function percent(share: number): string {
  return share > 0 && share < 0.005 ? "<1%" : share < 1 && share > 0.995 ? ">99%" : `${Math.round(100 * share)}%`;
}

function listed(words: string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
