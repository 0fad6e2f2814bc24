import { axisName, panelGrid } from "./panels";
import type { Activation, Layers } from "./activation-panels";
import { BINS, activationAxis, bars, names, overflowBar, percent, ranges } from "./activation-panels";
import type { Histogram } from "./histogram";
import { deadShare, histogram, saturatedShare } from "./histogram";
import type { Figure, Layout } from "./figure";
import { template } from "./figure";

/** One position of the slider: the standard deviation of the weights, and the networks drawn with it. */
export interface WeightScaleStep {
  scale: number;
  /** The name of the scale if it has one: `"Xavier"`. */
  name?: string;
  sigmoid: Layers;
  tanh: Layers;
  relu: Layers;
}

/** The slider figure's columns. */
const activations = ["sigmoid", "tanh", "relu"] as const;

/** Bars are cut at this share of a layer's values: those of any activation may pile up. */
const SLIDER_TOP = 0.15;

/**
 * A figure of our own: the activations of sigmoid, tanh and ReLU networks side by side, layer by
 * layer, with a slider over the standard deviation of the weights. Above each panel is the share of
 * saturated values or, for ReLU, of dead units and of values beyond the axis, and the size of the gradient, if known,
 * beside that of the last layer. It opens at the scale closest to Xavier's.
 *
 * @param steps one network of each kind per scale, in increasing order of scale; a generator saves memory
 * @param units the width of each layer, the `n` of Xavier's 1/√n
 * @throws RangeError if there are no steps, a layer is not `[batch, units]`, or a value is not a number.
 */
export function weightScaleSlider(steps: Iterable<WeightScaleStep>, units = 100): Figure {
  const views = Array.from(steps, (step) => ({
    frame: String(step.scale),
    scale: step.scale,
    label: step.name === undefined ? String(step.scale) : `${step.scale} (${step.name})`,
    panels: sliderPanels(step, units),
  }));
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
    panels.map(({ notes }, index) =>
      [...(index < activations.length ? [`<b>${names[activations[index]]}</b>`] : []), ...notes].join("<br>"),
    );
  const lastLayer = (panels: SliderPanel[]) =>
    panels
      .slice(-activations.length)
      .map(({ notes }, index) => `${names[activations[index]]} ${notes[0]}`)
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
    gap: { x: 0.2, y: 0.5 },
  });
  const annotations = grid.annotations as Layout[];
  activations.forEach((activation, column) => {
    const key = axisName("x", column).replace("x", "xaxis");
    grid[key] = { ...(grid[key] as Layout), ...activationAxis(activation) };
  });
  return {
    id: "6-14-scales",
    caption:
      `Activations of ${layers} layers of ${units} units; standard deviation of the initial weights: ${start.label}. ` +
      `Where the figure is alive, a slider goes from ${views[0].scale} to ${views[views.length - 1].scale}. ` +
      "Saturated: the slope is under 5% of its largest. Dead: the unit outputs 0 for every input. Gradient: its size beside that of the last layer. " +
      `The hatched bar counts what is above 1; bars are cut at ${percent(SLIDER_TOP)} of a layer's values.`,
    alt:
      `Histograms of activations, a row for each layer, a column each for ${listed(activations.map((activation) => names[activation]))}. In layer ${layers}: ` +
      [...new Set([views[0], start, views[views.length - 1]])]
        .map(({ scale, panels }) => `from standard deviation ${scale} ${lastLayer(panels)}`)
        .join("; ") +
      ".",
    data,
    layout: {
      template,
      height: 120 + 116 * layers,
      margin: { l: 60, r: 8, t: 70, b: 52 },
      showlegend: false,
      bargap: 0,
      ...grid,
      sliders: [
        {
          active: views.indexOf(start),
          currentvalue: { prefix: "standard deviation of the initial weights: ", font: { size: 13 } },
          pad: { t: 46 },
          font: { size: 10 },
          steps: views.map(({ frame, label }) => ({
            label,
            method: "animate",
            args: [[frame], { mode: "immediate", frame: { duration: 0, redraw: true }, transition: { duration: 0 } }],
          })),
        },
      ],
    },
    frames: views.map(({ frame, panels }) => ({
      name: frame,
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
  notes: string[];
}

/** The panels of one slider position, layer by layer, in the order of `activations`. */
function sliderPanels({ scale, ...networks }: WeightScaleStep, units: number): SliderPanel[] {
  const { sigmoid, tanh, relu } = networks;
  const depth = sigmoid.values.length;
  if (tanh.values.length !== depth || relu.values.length !== depth) {
    throw new RangeError(
      `weightScaleSlider: at scale ${scale} sigmoid has ${depth} layers, tanh ${tanh.values.length}, ReLU ${relu.values.length}; pass equally deep networks`,
    );
  }
  return sigmoid.values.flatMap((_, layer) =>
    activations.map((activation) => {
      const { values, gradients } = networks[activation];
      const panel = sized(values[layer], activation);
      const share =
        activation === "relu"
          ? `${percent(deadShare(values[layer], units))} dead, ${percent(panel.above / panel.size)} >1`
          : `${percent(saturatedShare(values[layer], activation))} saturated`;
      const gradient = gradients && `gradient ${(gradients[layer] / gradients[depth - 1]).toPrecision(2)}`;
      return { ...panel, notes: [share, ...(gradient === undefined ? [] : [gradient])] };
    }),
  );
}

function sized(values: ArrayLike<number>, activation: Activation): Histogram & { size: number } {
  return { ...histogram(values, ranges[activation], BINS), size: values.length };
}

function listed(words: string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
