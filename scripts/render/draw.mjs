// @ts-check
// Draws figures in headless Chromium, as they are on a light page, on a dark page, and small for the gallery.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
export const plotlyLibrary = require.resolve("plotly.js-dist-min/plotly.min.js");

/**
 * The images of one figure. `light` and `dark` are PNGs at twice the size that they are shown at; the thumbnails are WebP.
 * @typedef {{ width: number, height: number, light: Buffer, dark: Buffer, thumbnail: Buffer, darkThumbnail: Buffer }} Drawing
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
    await page.addScriptTag({ path: fileURLToPath(new URL("theme/dark.js", import.meta.url)) });
    const drawings = new Map();
    const faults = [];
    for (const { file, figures } of notebooks)
      for (const { id, plotly } of figures) {
        const { fault, ...drawing } = await page.evaluate(drawInPage, plotly);
        if (fault) faults.push(`${file}: figure ${id}: ${fault}`);
        const image = (/** @type {string} */ url) => Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
        drawings.set(id, {
          ...drawing,
          light: image(drawing.light),
          dark: image(drawing.dark),
          thumbnail: image(drawing.thumbnail),
          darkThumbnail: image(drawing.darkThumbnail),
        });
      }
    if (faults.length > 0) throw new Error(`Plotly.validate found fault with\n${faults.join("\n")}`);
    return drawings;
  } finally {
    await page.close();
  }
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
    frame.data.map((/** @type {any} */ part, /** @type {number} */ i) => ({ ...data[frame.traces?.[i] ?? i], ...part }));
  /** @type {{ code: string, path: (string | number)[], msg: string }[]} */
  const faults = [
    ...(Plotly.validate(data, layout) ?? []),
    ...frames.flatMap((/** @type {any} */ frame) => Plotly.validate(framed(frame), { ...layout, ...frame.layout }) ?? []),
  ];
  // What a button or slider hands to Plotly is compared by identity after a copy, and so always reported.
  const real = faults.filter(({ code, path }) => !(code === "dynamic" && path.includes("args")));
  const fault = [...new Set(real.map(({ msg }) => msg))].join("; ");

  /** @param {any} drawn */
  const png = (drawn) => Plotly.toImage(drawn, { format: "png", width, height, scale: 2 });
  const { sliders, updatemenus, ...still } = layout; // an image has nothing to press
  const light = await png({ data, layout: still });
  const dark = await png(inTheDark({ data, layout: still }));
  return { fault, width, height, light, dark, thumbnail: await small(light), darkThumbnail: await small(dark) };

  /** @param {string} url */
  async function small(url) {
    const bitmap = await createImageBitmap(await (await fetch(url)).blob(), {
      resizeWidth: 480, resizeHeight: Math.round((480 * height) / width), resizeQuality: "high",
    });
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(bitmap, 0, 0);
    return canvas.toDataURL("image/webp", 0.9);
  }
}
