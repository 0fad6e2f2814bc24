import { resolve } from "node:path";
import { chromium } from "playwright-core";
import { launchOptions } from "#setup/chromium.mjs";
import { drawFigures } from "./draw.js";
import { putImages, readNotebooks, writeNotebooks } from "./notebooks.js";
import { writeSite } from "./site.js";

/**
 * Gives each figure of the executed notebooks its static image, and writes the pages. Doing it twice changes nothing.
 * @param folder  with the notebooks, which are written back
 * @param site  the folder to write
 * @param address  where the site will be
 */
export async function renderNotebooks(folder: string, site: string, address?: string): Promise<{ figures: number }> {
  const notebooks = readNotebooks(resolve(folder));
  const browser = await chromium.launch(await launchOptions());
  try {
    const drawings = await drawFigures(browser, notebooks);
    for (const notebook of notebooks) putImages(notebook, drawings);
    writeNotebooks(notebooks);
    await writeSite(resolve(site), browser, notebooks, drawings, address);
    return { figures: drawings.size };
  } finally {
    await browser.close();
  }
}
