// Draws figures in headless Chromium: for light and for dark pages; for fine screens and paper, for coarse screens, and
// for the width of a phone.
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { loadLibrary } from "../library.js";
import type { Frame, Plot } from "../notebook-format.js";
import type { Drawing, Notebook } from "./notebooks.js";
import { withPalette } from "./palette-png.js";
import { plotlyFile } from "./plotly.js";

declare global {
  /** The library's, in a browser that has loaded its script. */
  var inTheDark: (plot: Plot) => Plot;
}

/**
 * @returns the drawings by figure id
 * @throws if Plotly finds fault with a figure, which it would draw incorrectly, or not at all, without an error
 */
export async function drawFigures(browser: Browser, notebooks: Notebook[]): Promise<Map<string, Drawing>> {
  const page = await browser.newPage();
  try {
    await page.addScriptTag({ content: readFileSync(plotlyFile, "utf8") });
    await page.addScriptTag({ content: loadLibrary("figures/dark").inTheDarkScript });
    const drawings = new Map<string, Drawing>();
    const faults: string[] = [];
    for (const { file, figures } of notebooks)
      for (const { id, plotly } of figures) {
        const { fault, width, height, ...urls } = await page.evaluate(drawInBrowser, { plot: plotly, narrow: NARROW });
        if (fault) faults.push(`${file}: figure ${id}: ${fault}`);
        const image = (name: keyof typeof urls) => withPalette(decode(urls[name]));
        const png = image("light");
        const files = new Map([
          [`${id}.png`, png],
          [`${id}-dark.png`, image("dark")],
          [`${id}-small.png`, image("lightSmall")],
          [`${id}-small-dark.png`, image("darkSmall")],
          [`${id}-narrow.png`, image("lightNarrow")],
          [`${id}-narrow-dark.png`, image("darkNarrow")],
        ]);
        drawings.set(id, { width, height, png, files });
      }
    if (faults.length > 0) throw new Error(`Plotly.validate found fault with\n${faults.join("\n")}`);
    return drawings;
  } finally {
    await page.close();
  }
}

/** The width of a figure on a phone, in pixels. It keeps its height there, and its texts their size. */
export const NARROW = 358;

/** @param url  a data: URL */
function decode(url: string): Buffer {
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

/** Runs in the browser. */
async function drawInBrowser({ plot: { data, layout, frames = [] }, narrow }: { plot: Plot; narrow: number }) {
  const width = layout.width ?? 760;
  const height = layout.height ?? 460;

  // A frame holds parts of traces, so the traces that it results in are checked.
  const framed = (frame: Frame) => frame.data.map((part, i) => ({ ...data[frame.traces?.[i] ?? i], ...part }));
  const faults = [
    ...(Plotly.validate(data, layout) ?? []),
    ...frames.flatMap((frame) => Plotly.validate(framed(frame), { ...layout, ...frame.layout }) ?? []),
  ];
  // Arguments of buttons and sliders are compared by identity after a copy, and so always reported.
  const real = faults.filter(({ code, path }) => !(code === "dynamic" && path.includes("args")));
  const fault = [...new Set(real.map(({ msg }) => msg))].join("; ");

  const { sliders, updatemenus, ...still } = layout; // an image has nothing to press
  const draw = (drawn: Plot, width: number) => Plotly.toImage(drawn, { format: "png", width, height, scale: 2 });
  const wide = { data, layout: still };
  const onPhone = { data, layout: { ...still, ...(still.meta as { narrow?: object } | undefined)?.narrow } };
  const light = await draw(wide, width);
  const dark = await draw(inTheDark(wide), width);
  return {
    fault,
    width,
    height,
    light,
    dark,
    lightSmall: await halved(light),
    darkSmall: await halved(dark),
    lightNarrow: await draw(onPhone, narrow),
    darkNarrow: await draw(inTheDark(onPhone), narrow),
  };

  async function halved(url: string): Promise<string> {
    const bitmap = await createImageBitmap(await (await fetch(url)).blob(), {
      resizeWidth: width,
      resizeHeight: height,
      resizeQuality: "high",
    });
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
    return canvas.toDataURL("image/png");
  }
}
