/**
 * What becomes of single weights, update by update.
 */
import { max } from "d3-array";
import { captionOf } from "./captions";
import type { Figure } from "./figure";
import { dashes, palette, template } from "./figure";
import { axisName, panelGrid } from "./panels";

export interface WeightPaths {
  id: string;
  /** The one in captions.ts if not given. */
  caption?: string;
  /** In each, the same weights in the same order: their values before training and after each update. */
  panels: { title: string; paths: number[][] }[];
}

/**
 * A figure of our own: the paths of some weights under several update rules, one panel for each rule, two per row, on
 * common axes. A weight has the same colour in all panels.
 *
 * @throws RangeError if there is nothing to draw, or a weight is not a number.
 */
export function weightPaths({ id, caption = captionOf(id), panels }: WeightPaths): Figure {
  const all = panels.flatMap(({ paths }) => paths);
  if (!all.some(({ length }) => length > 0))
    throw new RangeError("weightPaths: nothing to draw; give at least one path");
  if (!all.flat().every(Number.isFinite)) throw new RangeError("weightPaths: a weight is not a finite number");
  const reach = 1.1 * (max(all.flat(), Math.abs) || 1);
  const updates = Math.max(...all.map(({ length }) => length)) - 1;
  const columns = Math.min(2, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const ends = panels.map(({ title, paths }) => {
    const fromTo = paths.map((path) => `${rounded(path[0])} to ${rounded(path.at(-1)!)}`);
    return `${title}: from ${fromTo.join(", from ")}`;
  });
  return {
    id,
    caption,
    alt: `Line charts of some weights over ${updates} updates, one panel for each rule. ${ends.join("; ")}.`,
    data: panels.flatMap(({ paths }, panel) =>
      paths.map((path, i) => ({
        type: "scatter",
        mode: "lines",
        xaxis: axisName("x", panel % columns),
        yaxis: axisName("y", Math.floor(panel / columns)),
        y: path.map((weight) => Number(weight.toPrecision(4))),
        line: { color: palette[i % palette.length], width: 2, dash: dashes[i % dashes.length] },
        hovertemplate: "update %{x}: %{y:.4f}<extra></extra>",
      })),
    ),
    layout: {
      template,
      height: 110 + 170 * rows,
      margin: { l: 64, r: 8, t: 40, b: 52 },
      showlegend: false,
      ...panelGrid({
        rows,
        columns,
        titles: panels.map(({ title }) => `<b>${title}</b>`),
        x: { title: "updates", range: [0, updates], nticks: 5 },
        y: { title: "weight", range: [-reach, reach], nticks: 5 },
        gap: { x: 0.16, y: 0.22 },
      }),
    },
  };
}

const rounded = (weight: number) => Number(weight.toFixed(4));
