/**
 * How large the gradients and the updates of a network's layers are while it trains.
 */
import { extent } from "d3-array";
import { captionOf } from "./captions";
import { endLabels, endMargin } from "./end-labels";
import type { Figure } from "./figure";
import { palette, template } from "./figure";
import { axisName, panelGrid } from "./panels";

/** One layer's weights, after each update. */
export interface LayerSizes {
  /** `"W1"`, … */
  layer: string;
  /** Root mean square of the gradient. */
  gradient: number[];
  /** Root mean square of the update, as a share of that of the weights. */
  ratio: number[];
}

export interface UpdateSizes {
  id: string;
  /** The one in captions.ts if not given. */
  caption?: string;
  networks: { name: string; layers: LayerSizes[] }[];
}

/** More points than can be seen on the width of a panel. */
const MAX_POINTS = 100;

const MEASURES = { gradient: "gradient (rms)", ratio: "update / weights" } as const;

/**
 * A figure of our own: a column for each network, with the size of each layer's gradient above and that of its update,
 * measured against its weights, below; on common logarithmic axes, with the layers' names at the ends of the lines. Of a
 * long training every second, third, … update is drawn.
 *
 * @throws RangeError if there is nothing to draw, or a size is not a positive number.
 */
export function updateSizes({ id, caption = captionOf(id), networks }: UpdateSizes): Figure {
  const measures = Object.keys(MEASURES) as (keyof typeof MEASURES)[];
  const all = networks.flatMap(({ layers }) => layers.flatMap((sizes) => measures.flatMap((which) => sizes[which])));
  if (all.length === 0) throw new RangeError("updateSizes: nothing to draw; give at least one layer of one network");
  if (!all.every((size) => size > 0 && size < Infinity))
    throw new RangeError("updateSizes: a size is not a positive number");

  const updates = Math.max(...networks.flatMap(({ layers }) => layers.map(({ ratio }) => ratio.length)));
  const stride = Math.ceil(updates / MAX_POINTS);
  const drawn = (sizes: number[]) => sizes.filter((_, i) => i % stride === 0);
  const [height, gap, margin] = [460, 0.12, { l: 70, r: endMargin(["W1"]), t: 28, b: 52 }];
  const rows = measures.map((which, row) => {
    const [low, high] = extent(networks.flatMap(({ layers }) => layers.flatMap((sizes) => drawn(sizes[which]))));
    const range: [number, number] = [low! / 1.5, high! * 1.5];
    const last = networks.at(-1)!.layers.map((sizes, i) => {
      const ys = drawn(sizes[which]);
      return { x: 1 + stride * (ys.length - 1), y: ys.at(-1)!, color: palette[i % palette.length], text: sizes.layer };
    });
    const axes = { xref: axisName("x", networks.length - 1), yref: axisName("y", row) };
    const panel = (height - margin.t - margin.b) / (2 + gap);
    return {
      axis: { type: "log", range: range.map((end) => Number(Math.log10(end).toFixed(3))) },
      labels: endLabels(last, { range, height: panel, log: true, ...axes }),
    };
  });
  const grid = panelGrid({
    rows: 2,
    columns: networks.length,
    titles: networks.map(({ name }) => `<b>${name}</b>`),
    x: { title: "update", range: [0, updates], nticks: 5 },
    y: { title: Object.values(MEASURES), exponentformat: "power", dtick: 1 },
    gap: { x: 0.08, y: gap },
  }) as Record<"yaxis" | "yaxis2", object> & { annotations: object[] };
  return {
    id,
    caption,
    alt:
      `Line charts on logarithmic axes, over ${updates} updates, of the gradient and of the update as a share of the weights, a line for each layer. ` +
      `At the end the shares are: ${networks.map(({ name, layers }) => `${name}: ${layers.map(({ layer, ratio }) => `${layer} ${ratio.at(-1)!.toPrecision(2)}`).join(", ")}`).join("; ")}.`,
    data: networks.flatMap(({ layers }, column) =>
      measures.flatMap((which, row) =>
        layers.map((sizes, i) => ({
          type: "scatter",
          mode: "lines",
          name: sizes.layer,
          xaxis: axisName("x", column),
          yaxis: axisName("y", row),
          x0: 1,
          dx: stride,
          y: drawn(sizes[which]).map((size) => Number(size.toPrecision(3))),
          // No dashes: on a jittery line they cannot be distinguished from the jitter.
          line: { color: palette[i % palette.length], width: 1.5 },
          hovertemplate: `${sizes.layer}, update %{x}: %{y:.2e}<extra></extra>`,
        })),
      ),
    ),
    layout: {
      template,
      height,
      margin,
      showlegend: false,
      ...grid,
      yaxis: { ...grid.yaxis, ...rows[0].axis },
      yaxis2: { ...grid.yaxis2, ...rows[1].axis },
      annotations: [...grid.annotations, ...rows.flatMap(({ labels }) => labels)],
    },
  };
}
