// @ts-check
// Draws figures in headless Chromium, as they are on a light page, on a dark page, and small for the gallery.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { inTheDarkScript } from "../../lib/dist/figures/dark.js";

const require = createRequire(import.meta.url);
export const plotlyLibrary = require.resolve("plotly.js-dist-min/plotly.min.js");

/**
 * The images of one figure, `width` by `height` pixels where they are shown and twice as fine: a PNG for the notebook, which
 * every viewer knows, and for the pages WebP, a third of the size, by file name.
 * @typedef {{ width: number, height: number, png: Buffer, files: Map<string, Buffer> }} Drawing
 */

/**
 * @param {import("playwright-core").Browser} browser
 * @param {{ file: string, figures: import("./notebooks.mjs").Figure[] }[]} notebooks
 * @returns {Promise<Map<string, Drawing>>} by figure id
 * @throws if Plotly finds fault with a figure: it would draw it wrongly, or not at all, without a word
 */
export async function drawFigures(browser, notebooks) {
  const page = await browser.newPage();
  try {
    await page.addScriptTag({ content: readFileSync(plotlyLibrary, "utf8") });
    await page.addScriptTag({ content: inTheDarkScript });
    const drawings = new Map();
    const faults = [];
    for (const { file, figures } of notebooks)
      for (const { id, plotly } of figures) {
        const { fault, width, height, png, ...others } = await page.evaluate(drawInPage, plotly);
        if (fault) faults.push(`${file}: figure ${id}: ${fault}`);
        const files = new Map([
          [`${id}.webp`, decode(others.light)],
          [`${id}-dark.webp`, decode(others.dark)],
          [`${id}-small.webp`, decode(others.lightSmall)],
          [`${id}-small-dark.webp`, decode(others.darkSmall)],
        ]);
        drawings.set(id, { width, height, png: decode(png), files });
      }
    if (faults.length > 0) throw new Error(`Plotly.validate found fault with\n${faults.join("\n")}`);
    return drawings;
  } finally {
    await page.close();
  }
}

/** @param {string} url  a data: URL */
function decode(url) {
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

/**
 * Runs in the browser.
 * @param {any} figure
 */
async function drawInPage({ data, layout, frames = [] }) {
  const { Plotly, inTheDark } = /** @type {any} */ (globalThis);
  const width = layout.width ?? 760;
  const height = layout.height ?? 460;

  // A frame holds parts of traces: it is checked as what it makes of them.
  const framed = (/** @type {any} */ frame) =>
    frame.data.map((/** @type {any} */ part, /** @type {number} */ i) => ({
      ...data[frame.traces?.[i] ?? i],
      ...part,
    }));
  /** @type {{ code: string, path: (string | number)[], msg: string }[]} */
  const faults = [
    ...(Plotly.validate(data, layout) ?? []),
    ...frames.flatMap(
      (/** @type {any} */ frame) => Plotly.validate(framed(frame), { ...layout, ...frame.layout }) ?? [],
    ),
  ];
  // What a button or slider hands to Plotly is compared by identity after a copy, and so always reported.
  const real = faults.filter(({ code, path }) => !(code === "dynamic" && path.includes("args")));
  const fault = [...new Set(real.map(({ msg }) => msg))].join("; ");

  const { sliders, updatemenus, ...still } = layout; // an image has nothing to press
  /** @param {any} drawn @returns {Promise<string>} */
  const draw = (drawn) => Plotly.toImage(drawn, { format: "png", width, height, scale: 2 });
  const png = await draw({ data, layout: still });
  const dark = await draw(inTheDark({ data, layout: still }));
  return {
    fault,
    width,
    height,
    png,
    light: await webp(png, 2 * width),
    dark: await webp(dark, 2 * width),
    lightSmall: await webp(png, 480),
    darkSmall: await webp(dark, 480),
  };

  /** @param {string} url @param {number} wide  in pixels */
  async function webp(url, wide) {
    const bitmap = await createImageBitmap(await (await fetch(url)).blob(), {
      resizeWidth: wide,
      resizeHeight: Math.round((wide * height) / width),
      resizeQuality: "high",
    });
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(bitmap, 0, 0);
    return canvas.toDataURL("image/webp", 0.9);
  }
}
