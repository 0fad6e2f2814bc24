import { axisName, panelGrid } from "./panels";
import type { Figure, Trace } from "./figure";
import { dashes, palette, template } from "./figure";

/** Train accuracies at the epoch points of one run, 0 … 1; `null` or NaN once it has diverged. */
export type Accuracies = (number | null)[];

/** One panel: a weight scale, and training from it with and without batch normalization. */
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
 * Figure 6-19: train accuracy by epoch, one panel per weight scale in the order given, four per row;
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
      .map((panel, index) => ({ y: panel[key].slice(0, divergedAt(panel[key]) ?? undefined), axes: axesOf(index) }))
      // A run that diverged at once has no line, only its ✕.
      .filter(({ y }) => y.length > 1)
      .map(({ y, axes }, drawn): Trace => ({
        type: "scatter",
        mode: "lines",
        ...axes,
        y,
        line: { color, dash, width: 2 },
        name,
        legendgroup: name,
        showlegend: drawn === 0,
        hovertemplate: "epoch %{x}: %{y:.2f}<extra>%{fullData.name}</extra>",
      })),
  );
  const points = Math.max(...panels.flatMap(({ withBatchNorm, without }) => [withBatchNorm.length, without.length]));
  const ends = panels.flatMap((panel, index) =>
    kinds.flatMap(({ key, name, color }) => {
      const epoch = divergedAt(panel[key]);
      return epoch === null
        ? []
        : [
            {
              epoch,
              last: Math.max(0, epoch - 1),
              accuracy: panel[key][epoch - 1] ?? 0,
              name,
              color,
              axes: axesOf(index),
            },
          ];
    }),
  );
  const crosses = ends.map(({ epoch, last, accuracy, name, color, axes }): Trace => ({
    type: "scatter",
    mode: "markers+text",
    ...axes,
    x: [last],
    y: [accuracy],
    text: [`diverged,<br>epoch ${epoch}`],
    textposition: last < points / 2 ? "top right" : "top left",
    textfont: { size: 10 },
    marker: { symbol: "x", size: 9, color },
    cliponaxis: false,
    showlegend: false,
    hovertemplate: `${name}: diverged at epoch ${epoch}<extra></extra>`,
  }));
  const final = ({ scale, withBatchNorm, without }: ScalePanel) =>
    `std ${format(scale)}: ${finalText(withBatchNorm)} with, ${finalText(without)} without`;
  return {
    id: "6-19",
    caption:
      "Train accuracy by epoch for initial weights of different standard deviation (above each panel): solid with batch normalization, dashed without." +
      (ends.length > 0
        ? " A ✕ marks where a network diverged: from that epoch on its weights were no longer finite numbers."
        : ""),
    alt: `${panels.length} small panels of train accuracy by epoch, one a standard deviation of the initial weights. At the last epoch: ${panels.map(final).join("; ")}.`,
    data: [...curves, ...crosses],
    layout: {
      template,
      height: 130 + 135 * rows,
      margin: { l: 52, r: 8, t: 72, b: 52 },
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1, yref: "container", yanchor: "top" },
      ...panelGrid({
        rows,
        columns,
        titles: panels.map(({ scale }) => `W std<br>${format(scale)}`),
        x: { title: "epoch", range: [0, points], tickvals: [0, points / 2, points] },
        y: { title: "train accuracy", range: [0, 1.03], tickvals: [0, 0.5, 1] },
        gap: { x: 0.25, y: 0.42 },
      }),
    },
  };
}

/** The first epoch point without a finite accuracy, or `null` if there is none. */
function divergedAt(accuracies: Accuracies): number | null {
  const epoch = accuracies.findIndex((accuracy) => !Number.isFinite(accuracy));
  return epoch === -1 ? null : epoch;
}

function finalText(accuracies: Accuracies): string {
  const epoch = divergedAt(accuracies);
  return epoch === null ? accuracies[accuracies.length - 1]!.toFixed(2) : `diverged at epoch ${epoch}`;
}

/** Three significant digits, as in the chapter's panel titles: 0.0631, 1, 0.000185. */
function format(scale: number): string {
  return String(Number(scale.toPrecision(3)));
}
