import { mean } from "d3-array";
import { axisName, panelGrid } from "./panels";
import type { Activation, Layers } from "./activation-panels";
import { BINS, OVERFLOW, activationAxis, bars, names, overflowBar, percent, ranges } from "./activation-panels";
import type { Histogram } from "./histogram";
import { deviation, histogram, saturatedShare } from "./histogram";
import type { Figure, Layout, Trace } from "./figure";
import { palette, template } from "./figure";

/** One row of panels: how the weights were drawn, and the layers. */
export interface ActivationRow extends Layers {
  /** The standard deviation of the weights, or the name of a scale: `"0.01"`, `"He, 0.141"`, … */
  weights: string;
}

/** ReLU's first bin holds half of all values and would flatten the others: bars are cut at this share. */
const RELU_TOP = 0.06;

/**
 * Figures 6-10, 6-11, 6-13 (one row) and 6-14 (three rows): the distribution of the activations in 30
 * bins, one panel per layer, one row per way of drawing the weights.
 *
 * A single row that has `overInputs` and `gradients` gets a strip below with both, layer by layer, on a logarithmic
 * axis: histograms over all inputs and all units show neither. ReLU's values above the plotted range are a hatched bar
 * to the right of it, with their share as a number.
 *
 * @param id the figure's number in the chapter, like `"6-10"`
 * @throws RangeError if there is nothing to draw, rows differ in their number of layers, or a value is not a number.
 */
export function activationHistograms(id: string, activation: Activation, rows: ActivationRow[]): Figure {
  const columns = rows[0]?.values.length ?? 0;
  if (columns === 0)
    throw new RangeError("activationHistograms: no layers to draw; pass at least one row with one layer");
  for (const { weights, values } of rows) {
    if (values.length !== columns) {
      throw new RangeError(
        `activationHistograms: row "${weights}" has ${values.length} layers, the first row ${columns}`,
      );
    }
  }
  const range = ranges[activation];
  const panels = rows.flatMap(({ values: layers }) =>
    layers.map((values) => ({ values, ...histogram(values, range, BINS) })),
  );
  /** ReLU has no upper bound: values beyond the axis are counted beside it. */
  const open = activation === "relu";
  const single = rows.length === 1;
  const strip = single ? layerStrip(rows[0], columns) : undefined;
  const tallest = Math.max(...panels.flatMap(({ counts }) => counts));
  const top = open ? Math.min(tallest, RELU_TOP * Math.max(...panels.map(({ values }) => values.length))) : tallest;

  const data = panels.flatMap((panel, index) => {
    const axes = { xaxis: axisName("x", index % columns), yaxis: axisName("y", Math.floor(index / columns)) };
    return open
      ? [bars(panel, range, axes), overflowBar(panel, range, axes), ...breaks(panel, range, top, axes)]
      : [bars(panel, range, axes)];
  });
  const titles = panels.map(({ values, counts, above }, index) => {
    const lines = index < columns ? [`layer ${index + 1}`] : [];
    if (open) lines.push(`${percent(counts[0] / values.length)} ≈0`, `${percent(above / values.length)} >1`);
    return lines.join("<br>");
  });
  const last = panels[columns - 1];
  const grid = panelGrid({
    rows: rows.length,
    columns,
    titles,
    x: { title: "activation", ...activationAxis(activation), showgrid: false, zeroline: false },
    y: {
      title: single ? "values per bin" : rows.map(({ weights }) => `<b>${weights}</b><br>values per bin`),
      range: [0, top * 1.05],
      tickformat: "~s",
      nticks: 5,
    },
    gap: { x: GAP, y: 0.32 },
  });
  return {
    id,
    caption:
      `Activations of ${columns} ${names[activation]} layers; standard deviation of the initial weights: ` +
      `${rows.map(({ weights }) => weights).join(single ? "" : "; ")}. ` +
      (open
        ? `The hatched bar counts the values above 1, which the axis does not reach. Bars with a gap are cut at ${percent(RELU_TOP)} of a layer's values; ` +
          "“≈0” is the share in the first bin."
        : `In layer ${columns}, ${percent(saturatedShare(last.values, activation))} of the values are saturated: the slope there is under 5% of its largest.`) +
      (strip ? ` ${STRIP_CAPTION}` : ""),
    alt:
      `${columns} histograms of activations, one a layer${single ? "" : `, in ${rows.length} rows`}. ` +
      (open
        ? rows.map((row, i) => describeReLU(row, panels[i * columns], panels[(i + 1) * columns - 1])).join(" ")
        : describeShape(rows[0], activation) + (strip ? ` ${describeStrip(rows[0])}` : "")),
    data: [...data, ...(strip?.data ?? [])],
    layout: {
      template,
      height: single ? 280 : 130 + 150 * rows.length,
      margin: { l: single ? 56 : 68, r: 8, t: open ? 60 : 36, b: 52 },
      showlegend: false,
      bargap: 0,
      ...grid,
      ...strip?.layout(grid),
    },
  };
}

/** Space between the columns of histograms, as a share of their step. */
const GAP = 0.15;

/** The strip takes this share of the height below the histograms. */
const STRIP_SHARE = 0.34;

/** The decades of the strip, the same in every figure, so that they can be compared; a smaller value widens it. */
const STRIP_RANGE = [-8.3, 0.5];

const STRIP_CAPTION =
  "Below, layer by layer: how much a unit's value varies from input to input (●), and the size of the gradient that comes back (◆), beside 1 at the last layer.";

/** The spread over the inputs and the gradient of each layer, under the histograms of these layers. */
function layerStrip({ overInputs, gradients }: Layers, columns: number) {
  if (!overInputs || !gradients) return;
  const relative = gradients.map((size) => size / gradients[columns - 1]);
  const layers = Array.from({ length: columns }, (_, i) => i + 1);
  const [xaxis, yaxis] = [axisName("x", columns), axisName("y", 1)];
  const least = Math.min(...[...overInputs, ...relative].filter((size) => size > 0));
  const line = (name: string, y: number[], look: number, symbol: string): Trace => ({
    type: "scatter",
    mode: "lines+markers",
    name,
    x: layers,
    y: y.map((size) => (size > 0 ? Number(size.toPrecision(4)) : null)),
    xaxis,
    yaxis,
    line: { color: palette[look], dash: look === 0 ? "solid" : "dot", width: 1.5 },
    marker: { color: palette[look], symbol, size: 9 },
    hovertemplate: `layer %{x}: %{y:.2~e}<extra>${name}</extra>`,
  });
  // The centre of each column in units of layers: a column is 1 − GAP wide, and they stand 1 apart.
  const half = (1 - GAP) / 2;
  return {
    data: [line("spread over the inputs", overInputs, 0, "circle"), line("gradient", relative, 1, "diamond")],
    layout: (grid: Layout): Layout => ({
      height: 460,
      margin: { l: 64, r: 8, t: 36, b: 40 },
      grid: { ...(grid.grid as Layout), domain: { x: [0, 1], y: [STRIP_SHARE + 0.23, 1] } },
      annotations: (grid.annotations as Layout[]).map((annotation) =>
        annotation.text === "activation"
          ? { ...annotation, y: STRIP_SHARE + 0.23 }
          : annotation.text === "values per bin"
            ? { ...annotation, y: (1.23 + STRIP_SHARE) / 2 }
            : annotation,
      ),
      [xaxis.replace("x", "xaxis")]: {
        domain: [0, 1],
        anchor: yaxis,
        range: [1 - half, columns + half],
        tickvals: layers,
        ticktext: layers.map((layer) => `layer ${layer}`),
        tickfont: { size: 11 },
        mirror: "all",
        ticks: "",
        zeroline: false,
      },
      [yaxis.replace("y", "yaxis")]: {
        domain: [0, STRIP_SHARE],
        anchor: xaxis,
        type: "log",
        range: [Math.min(STRIP_RANGE[0], Math.floor(Math.log10(least))), STRIP_RANGE[1]],
        dtick: 2,
        exponentformat: "power",
        tickfont: { size: 11 },
        mirror: "all",
        ticks: "",
        zeroline: false,
      },
      showlegend: true,
      legend: { orientation: "h", x: 0, xanchor: "left", y: STRIP_SHARE, yanchor: "bottom", font: { size: 12 } },
    }),
  };
}

/** Where the values of an S-shaped activation lie, for those who cannot see it. */
function describeShape({ values }: Layers, activation: "sigmoid" | "tanh"): string {
  const layers = [values[0], values[values.length - 1]];
  const [first, last] = layers.map(
    (layer) =>
      `standard deviation ${deviation(layer).toPrecision(2)}, ${percent(saturatedShare(layer, activation))} saturated`,
  );
  return `First layer: ${first}; last layer: ${last}.`;
}

function describeStrip({ overInputs = [], gradients = [] }: Layers): string {
  const [first, last] = [overInputs[0], overInputs[overInputs.length - 1]].map((size) => size.toPrecision(2));
  const ratio = gradients[0] / gradients[gradients.length - 1];
  return (
    `Below, two lines over the layers: the spread over the inputs goes from ${first} to ${last}; ` +
    `the gradient of the first layer is ${ratio.toPrecision(2)} times that of the last.`
  );
}

function describeReLU({ weights }: ActivationRow, ...[first, last]: (Histogram & { values: ArrayLike<number> })[]) {
  const [from, to] = [first, last].map(({ values }) => mean(Array.from(values))!.toPrecision(2));
  return `Weights ${weights}: the mean goes from ${from} to ${to}.`;
}

/** Two gaps near the top of each bar that is cut there. */
function breaks(
  { counts, above }: Histogram,
  [low, high]: [number, number],
  top: number,
  axes: { xaxis: string; yaxis: string },
): Trace[] {
  const width = (high - low) / counts.length;
  const middle = (bin: number) => (bin < counts.length ? low + (bin + 0.5) * width : high + OVERFLOW.offset);
  const cut = [...counts, above].flatMap((count, bin) => (count > 1.05 * top ? [Number(middle(bin).toFixed(6))] : []));
  if (cut.length === 0) return [];
  return [
    {
      type: "scatter",
      mode: "markers",
      ...axes,
      x: [...cut, ...cut],
      y: [...cut.map(() => 0.97 * top), ...cut.map(() => 0.93 * top)],
      marker: { symbol: "line-ew", size: 13, line: { color: "#ffffff", width: 1.5 } },
      cliponaxis: false,
      hoverinfo: "skip",
    },
  ];
}
