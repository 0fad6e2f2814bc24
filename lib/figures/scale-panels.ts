import { axisName, panelGrid } from "./panels";
import type { Figure, Layout, Trace } from "./figure";
import { dashes, palette, template } from "./figure";

/** Training accuracies at the epoch points of one run, 0 … 1; `null` or NaN once it has diverged. */
export type Accuracies = (number | null)[];

/** One panel: a scale of the initial weights, and training from it with and without batch normalization. */
export interface ScalePanel {
  /** Standard deviation of the initial weights. */
  scale: number;
  withBatchNorm: Accuracies;
  without: Accuracies;
}

const kinds = [
  { key: "withBatchNorm", name: "with BatchNorm", color: palette[0], dash: dashes[0] },
  { key: "without", name: "without", color: palette[1], dash: dashes[1] },
] as const;

/**
 * Figure 6-19: training accuracy by epoch, one panel per weight scale in the order given, four per row;
 * solid with batch normalization, dashed without. A run that diverged ends in a ✕ at its last point
 * before, with the first epoch at which its weights were no longer finite.
 *
 * @throws RangeError if there are no panels or one has no accuracies.
 */
export function scalePanels(panels: ScalePanel[]): Figure {
  if (panels.length === 0) throw new RangeError("scalePanels: no panels; pass at least one weight scale");
  for (const { scale, withBatchNorm, without } of panels) {
    if (withBatchNorm.length === 0 || without.length === 0) {
      throw new RangeError(`scalePanels: no accuracies at scale ${scale}; record trainAccuracy in its runs`);
    }
  }
  const columns = Math.min(4, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const axesOf = (index: number) => ({
    xaxis: axisName("x", index % columns),
    yaxis: axisName("y", Math.floor(index / columns)),
  });
  const curves = kinds.flatMap(({ key, name, color, dash }) =>
    panels
      .map((panel, index) => ({
        y: panel[key].slice(0, divergedAt(panel[key]) ?? undefined),
        axes: axesOf(index),
        scale: panel.scale,
      }))
      // A run that diverged at once has no line, only its ✕.
      .filter(({ y }) => y.length > 1)
      .map(({ y, axes, scale }, drawn): Trace => ({
        type: "scatter",
        mode: "lines",
        ...axes,
        y,
        line: { color, dash, width: 2 },
        name,
        legendgroup: name,
        showlegend: drawn === 0,
        hovertemplate: `standard deviation ${format(scale)}<br>${name}<br>epoch %{x}: %{y:.2f}<extra></extra>`,
      })),
  );
  const points = Math.max(...panels.flatMap(({ withBatchNorm, without }) => [withBatchNorm.length, without.length]));
  const ends = panels.flatMap((panel, index) =>
    kinds.flatMap(({ key, name, color }) => {
      const epoch = divergedAt(panel[key]);
      return epoch === null ? [] : [{ epoch, panel, accuracies: panel[key], name, color, axes: axesOf(index) }];
    }),
  );
  const crosses = ends.map(({ epoch, panel, accuracies, name, color, axes }): Trace => ({
    type: "scatter",
    mode: "markers",
    ...axes,
    x: [Math.max(0, epoch - 1)],
    y: [accuracies[epoch - 1] ?? 0],
    marker: { symbol: "x", size: 9, color },
    cliponaxis: false,
    showlegend: false,
    hovertemplate: `standard deviation ${format(panel.scale)}<br>${name}<br>diverged at epoch ${epoch}<extra></extra>`,
  }));
  const notes = ends.map(({ epoch, panel, axes }): Trace => ({
    type: "scatter",
    mode: "text",
    ...axes,
    x: [points / 2],
    y: [freeHeight(panel)],
    text: [`diverged:<br>epoch ${epoch}`],
    textfont: { size: 11 },
    showlegend: false,
    hoverinfo: "skip",
  }));
  const learned = (key: "withBatchNorm" | "without") =>
    panels.filter((panel) => divergedAt(panel[key]) === null && panel[key].at(-1)! > 0.5).length;
  const [first, last] = [panels[0], panels[panels.length - 1]].map(({ scale }) => format(scale));
  const grid = panelGrid({
    rows,
    columns,
    titles: panels.map(({ scale }) => `<b>${format(scale)}</b>`),
    x: { title: "epoch", range: [0, points], tickvals: [0, points / 2, points] },
    y: { title: "training accuracy", range: [0, 1.03], tickvals: [0, 0.5, 1] },
    gap: { x: 0.18, y: 0.2 },
  });
  const heading = {
    text: "standard deviation of the initial weights:",
    xref: "paper",
    yref: "paper",
    x: 0,
    y: 1,
    xanchor: "left",
    yanchor: "bottom",
    yshift: 20,
    showarrow: false,
    font: { size: 12 },
  };
  return {
    id: "6-19",
    caption:
      "Training accuracy by epoch for initial weights of different standard deviation, which stands above each panel: solid with batch normalization, dashed without." +
      (ends.length > 0
        ? " A ✕ marks the last point before a network diverged: at the epoch that the panel names, its weights were no longer finite numbers."
        : ""),
    alt:
      `${panels.length} small panels of training accuracy by epoch, for standard deviations of the initial weights from ${first} to ${last}. ` +
      `The last epoch is above 0.5 in ${learned("withBatchNorm")} panels with batch normalization and in ${learned("without")} without` +
      `${ends.length === 0 ? "" : `; ${ends.length} ${ends.length === 1 ? "run" : "runs"} diverged`}.`,
    data: [...curves, ...crosses, ...notes],
    layout: {
      template,
      height: 132 + 124 * rows,
      margin: { l: 52, r: 12, t: 80, b: 52 },
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1, yref: "container", yanchor: "top" },
      ...grid,
      annotations: [...(grid.annotations as Layout[]), heading],
    },
  };
}

/** The height that the lines of a panel, in its middle, leave most room at: for a text of two lines. */
function freeHeight(panel: ScalePanel): number {
  const middle = ({ length }: Accuracies, epoch: number) => epoch >= 0.15 * length && epoch <= 0.85 * length;
  const lines = kinds.flatMap(({ key }) =>
    panel[key].filter((accuracy, epoch) => Number.isFinite(accuracy) && middle(panel[key], epoch)),
  ) as number[];
  const room = (height: number) => Math.min(1, ...lines.map((accuracy) => Math.abs(accuracy - height)));
  return [0.82, 0.5, 0.2].reduce((best, height) => (room(height) > room(best) ? height : best));
}

/** The first epoch point without a finite accuracy, or `null` if there is none. */
function divergedAt(accuracies: Accuracies): number | null {
  const epoch = accuracies.findIndex((accuracy) => !Number.isFinite(accuracy));
  return epoch === -1 ? null : epoch;
}

/** Three significant digits, as in the chapter's panel titles: 0.0631, 1, 0.000185. */
function format(scale: number): string {
  return String(Number(scale.toPrecision(3)));
}
