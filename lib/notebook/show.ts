/**
 * Figures as outputs of a cell.
 */
import { readFileSync } from "node:fs";
import { QUICK } from "../quick";
import { figureNumber } from "../figures/captions";
import { inTheDarkScript } from "../figures/dark";
import type { Figure, Layout } from "../figures/figure";
import { cellId, cellSignal, display, inNotebook, newDisplayId, type DisplayOptions } from "./kernel";

/**
 * Shows a figure as one output, in three forms: as a Plotly figure for viewers that know Plotly, as HTML
 * that draws itself, and as its alt text. Caption and alt text are in `metadata.figure`, too, and follow as text:
 * many viewers show neither.
 *
 * Outside a notebook the alt text is printed.
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
  /** Redraws, at most every 100 ms: call it as often as you like. The last state is always drawn. */
  refresh(): void;
  /** Draws the last state. */
  finish(): void;
} {
  const id = newDisplayId();
  const captionId = newDisplayId();
  let shown = false;
  let next = 0;
  let rest: NodeJS.Timeout | undefined;

  function put(withPlotly: boolean) {
    const start = performance.now();
    const figure = QUICK ? markQuick(draw()) : draw();
    display(bundle(figure, withPlotly ? plotlyFor(id, shown) : ""), { metadata: metadata(figure), id, update: shown });
    showCaption(figure, { id: captionId, update: shown });
    shown = true;
    const end = performance.now();
    next = end + Math.max(LIVE_INTERVAL_MS, LIVE_PAUSES * (end - start));
  }

  function finish() {
    clearTimeout(rest);
    rest = undefined;
    put(true);
  }

  // An interrupted cell keeps what it had.
  cellSignal()?.addEventListener("abort", () => {
    try {
      if (rest) finish();
    } catch {
      // The cell has failed by then, perhaps with this very error, and has told it.
    }
  });

  return {
    refresh() {
      if (!inNotebook()) return;
      if (performance.now() >= next) put(!shown);
      // A loop may be left without finish(): once nothing has come for a while, the last state is drawn.
      if (rest) rest.refresh();
      else rest = setTimeout(finish, LIVE_REST_MS).unref();
    },
    finish,
  };
}

const LIVE_INTERVAL_MS = 100; // between two states of a live figure; a browser draws hardly more often
const LIVE_PAUSES = 9; // times as long as making a state took, so that it takes at most a tenth of the loop's time
const LIVE_REST_MS = 400;

/** So that nobody mistakes a tenth of the training for all of it. */
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
  return {
    ...figure,
    caption: `Quick run, a tenth of the training. ${figure.caption}`,
    layout: { ...figure.layout, annotations },
  };
}

function metadata({ id, caption, alt }: Figure): Record<string, unknown> {
  return { figure: { id, number: figureNumber(id), caption, alt } };
}

function showCaption({ id, caption, alt }: Figure, options?: DisplayOptions): void {
  if (!inNotebook()) return;
  const inMarkdown = (text: string) => text.replace(/[\\`*_$<>[\]]/g, "\\$&");
  const number = figureNumber(id);
  const bundle = {
    "text/markdown":
      `**Figure ${number}.** ${inMarkdown(caption)}\n\n` +
      `<details><summary>What it shows</summary>\n\n${inMarkdown(alt)}\n\n</details>`,
    "text/plain": `Figure ${number}. ${caption}\n\nWhat it shows: ${alt}`,
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
 * then, by the one that loads it. Until then the alt text is shown.
 */
function html({ id, alt }: Pick<Figure, "id" | "alt">, plot: { layout: Layout }): string {
  const height = plot.layout.height ?? 460;
  return [
    `<figure class="training-techniques-figure" data-figure="${escape(id)}" style="margin: 0; max-width: 760px">`,
    // The height stands beforehand, so that the page does not jump when a live figure is put in the place of another.
    `<div role="img" aria-label="${escape(alt)}" style="min-height: ${height}px"><p>${escape(alt)}</p></div>`,
    // Only "</script" would end the element early.
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

const drawFigures = `{
${inTheDarkScript}
window.drawTrainingTechniquesFigures = () => {
  const { dataset, classList } = document.body;
  const dark = dataset.jpThemeLight === "false" || classList.contains("vscode-dark");
  for (const figure of document.querySelectorAll("figure.training-techniques-figure:not([data-drawn])")) {
    figure.dataset.drawn = "";
    const plot = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    const { data, layout, frames, config } = dark ? inTheDark(plot) : plot;
    layout.paper_bgcolor ??= layout.plot_bgcolor ??= "rgba(0,0,0,0)"; // what the viewer has there
    const place = figure.querySelector("[role=img]");
    place.replaceChildren();
    Plotly.newPlot(place, { data, layout, frames, config });
  }
};
window.drawTrainingTechniquesFigures();
document.addEventListener("DOMContentLoaded", window.drawTrainingTechniquesFigures);
}`;
