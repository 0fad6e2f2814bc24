// Draws figures in headless Chromium: for light and for dark pages; for fine screens and paper, for coarse screens, and
// for the width of a phone.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { loadLibrary } from "../library.js";
import type { Frame, Plot } from "../notebook-format.js";
import type { Drawing, Notebook } from "./notebooks.js";
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
  const drawings = new Map<string, Drawing>();
  const faults: string[] = []; // by the figure's place, with gaps
  const all = notebooks.flatMap(({ file, figures }) => figures.map((figure) => ({ file, ...figure })));
  const figures = all.entries(); // each page takes the next
  const drawInTurn = async () => {
    const page = await browser.newPage();
    try {
      await page.addScriptTag({ content: readFileSync(plotlyFile, "utf8") });
      await page.addScriptTag({ content: loadLibrary("figures/dark").inTheDarkScript });
      for (const [i, { file, id, plotly }] of figures) {
        const { fault, ...drawn } = await page.evaluate(drawInBrowser, { plot: plotly, narrow: NARROW });
        if (fault) faults[i] = `${file}: figure ${id}: ${fault}`;
        drawings.set(id, await drawingOf(id, drawn));
      }
    } finally {
      await page.close();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, drawInTurn));
  if (faults.length > 0) throw new Error(`Plotly.validate found fault with\n${Object.values(faults).join("\n")}`);
  return drawings;
}

async function drawingOf(id: string, { width, height, ...urls }: Omit<Drawn, "fault">): Promise<Drawing> {
  const images = {
    "": compress(urls.light),
    "-dark": compress(urls.dark),
    "-small": compress(urls.light, width),
    "-small-dark": compress(urls.dark, width),
    "-narrow": compress(urls.lightNarrow),
    "-narrow-dark": compress(urls.darkNarrow),
  };
  const files = new Map<string, Buffer>();
  for (const [kind, image] of Object.entries(images)) files.set(`${id}${kind}.png`, await image);
  return { width, height, png: files.get(`${id}.png`)!, files };
}

type Drawn = Awaited<ReturnType<typeof drawInBrowser>>;

/** The width of a figure on a phone, in pixels. It keeps its height there, and its texts their size. */
export const NARROW = 358;

/**
 * A figure has few colours and many shades at their edges: with at most 256 colours it looks the same and takes a
 * quarter of the space. Equal images give equal bytes.
 * @param url  a data: URL
 * @param width  in pixels, if not the image's own
 */
function compress(url: string, width?: number): Promise<Buffer> {
  return sharp(Buffer.from(url.slice(url.indexOf(",") + 1), "base64"))
    .resize({ width })
    .png({ palette: true, quality: 97, dither: 0, compressionLevel: 9 })
    .toBuffer();
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
  // Plotly writes the ranges that it chose into what it is given.
  const draw = (drawn: Plot, width: number) =>
    Plotly.toImage(structuredClone(drawn), { format: "png", width, height, scale: 2 });
  const wide = { data, layout: still };
  const onPhone = { data, layout: { ...still, ...(still.meta as { narrow?: object } | undefined)?.narrow } };
  return {
    fault,
    width,
    height,
    light: await draw(wide, width),
    dark: await draw(inTheDark(wide), width),
    lightNarrow: await draw(onPhone, narrow),
    darkNarrow: await draw(inTheDark(onPhone), narrow),
  };
}
