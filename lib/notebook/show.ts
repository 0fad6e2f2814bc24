/**
 * Figures as outputs of a cell.
 */
import { readFileSync } from "node:fs";
import { QUICK } from "../experiments/quick";
import type { Figure, Layout } from "../figures/figure";
import { cellId, cellSignal, display, inNotebook, newDisplayId, type DisplayOptions } from "./kernel";

/**
 * Shows a figure as one output, in three forms: as a Plotly figure for viewers that know Plotly, as HTML
 * that draws itself, and as its alt text. Caption and alt text stand in `metadata.figure`, too, and follow as text:
 * many viewers show neither.
 *
 * Outside of a notebook the alt text is printed.
 */
export function show(figure: Figure): void {
  if (QUICK) figure = markQuick(figure);
  display(bundle(figure, plotlyFor(cellId())), { metadata: metadata(figure) });
  showCaption(figure);
}

/**
 * A figure that changes while its cell runs, like the loss during training.
 *
 * ```ts
 * const live = liveFigure(() => lossCurves({ …, curves: [{ name: "SGD", runs: [losses] }] }));
 * for (const i of progress(2000)) {
 *   losses.push(step());
 *   live.refresh();
 * }
 * live.finish();
 * ```
 *
 * @param draw makes the figure of what is known by now
 */
export function liveFigure(draw: () => Figure): {
  /** Draws anew, unless it did so half a second ago: call it as often as you like. */
  refresh(): void;
  /** Draws the last state. */
  finish(): void;
} {
  const id = newDisplayId();
  const captionId = newDisplayId();
  let shown = false;
  let next = 0;

  function put(withPlotly: boolean) {
    const figure = QUICK ? markQuick(draw()) : draw();
    display(bundle(figure, withPlotly ? plotlyFor(id, shown) : ""), { metadata: metadata(figure), id, update: shown });
    showCaption(figure, { id: captionId, update: shown });
    shown = true;
  }

  return {
    refresh() {
      if (!inNotebook() || performance.now() < next) return;
      put(!shown);
      next = performance.now() + 500;
    },
    finish: () => put(true),
  };
}

/** Nobody shall take a tenth of the training for the whole. */
function markQuick(figure: Figure): Figure {
  const mark = {
    text: "quick run: a tenth of the training",
    xref: "paper",
    yref: "paper",
    x: 1,
    y: 1,
    xanchor: "right",
    yanchor: "bottom",
    showarrow: false,
    font: { color: "#D55E00", size: 12 },
  };
  const annotations = [...((figure.layout.annotations as Layout[]) ?? []), mark];
  return { ...figure, caption: `Quick run, a tenth of the training. ${figure.caption}`, layout: { ...figure.layout, annotations } };
}

function metadata({ id, caption, alt }: Figure): Record<string, unknown> {
  return { figure: { id, caption, alt } };
}

function showCaption({ id, caption, alt }: Figure, options?: DisplayOptions): void {
  if (!inNotebook()) return;
  const inMarkdown = (text: string) => text.replace(/[\\`*_$<>[\]]/g, "\\$&");
  const bundle = {
    "text/markdown": `**Figure ${id}.** ${inMarkdown(caption)}\n\n*What it shows:* ${inMarkdown(alt)}`,
    "text/plain": `Figure ${id}. ${caption}\n\nWhat it shows: ${alt}`,
  };
  display(bundle, { metadata: { caption: id }, ...options });
}

function bundle({ id, alt, data, layout, frames }: Figure, plotly: string) {
  const plot = { data, layout, ...(frames && { frames }), config: { responsive: true, scrollZoom: false } };
  return {
    "application/vnd.plotly.v1+json": plot,
    "text/html": plotly + html({ id, alt }, plot),
    "text/plain": alt,
  };
}

/**
 * The figure's data lie in its HTML and wait to be drawn: by its own script, or, if plotly.js is not yet loaded
 * then, by the one that loads it. Until then the alt text is to be seen.
 */
function html({ id, alt }: Pick<Figure, "id" | "alt">, plot: object): string {
  return [
    `<figure class="training-techniques-figure" data-figure="${escape(id)}" style="margin: 0">`,
    `<div role="img" aria-label="${escape(alt)}"><p>${escape(alt)}</p></div>`,
    // Inside of a script element only "</script" must not stand.
    `<script type="application/json">${JSON.stringify(plot).replaceAll("<", "\\u003c")}</script>`,
    `<script>window.drawTrainingTechniquesFigures?.()</script>`,
    `</figure>`,
  ].join("\n");
}

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (text: string) => text.replace(/[&<>"]/g, (character) => escapes[character]);

/** The output that carries plotly.js, and the run of a cell in which it was shown. */
let carrier: { output: string | undefined; run: unknown } | undefined;

/**
 * plotly.js, 4.8 MB, for the first output that asks, so that a notebook has it once; and again for what takes that
 * output's place, when its cell is run again or the output is updated.
 *
 * @param output the name of the cell, or of the display
 */
function plotlyFor(output: string | undefined, isUpdate = false): string {
  const run = cellSignal();
  const replaces = output !== undefined && output === carrier?.output && (isUpdate || run !== carrier.run);
  if (!inNotebook() || (carrier && !replaces)) return "";
  carrier = { output, run };
  const library = readFileSync(require.resolve("plotly.js-dist-min"), "utf8");
  return `<script>${library}</script>\n<script>${drawFigures}</script>\n`;
}

const drawFigures = `
window.drawTrainingTechniquesFigures = () => {
  for (const figure of document.querySelectorAll("figure.training-techniques-figure:not([data-drawn])")) {
    figure.dataset.drawn = "";
    const { data, layout, frames, config } = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    const place = figure.querySelector("[role=img]");
    place.replaceChildren();
    Plotly.newPlot(place, { data, layout, frames, config });
  }
};
window.drawTrainingTechniquesFigures();
document.addEventListener("DOMContentLoaded", window.drawTrainingTechniquesFigures);
`;
