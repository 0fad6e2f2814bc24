// @ts-check
import { resolve } from "node:path";
import { chromium } from "playwright-core";
import { launchOptions } from "../setup/chromium.mjs";
import { drawFigures } from "./draw.mjs";
import { putImages, readNotebooks, writeNotebooks } from "./notebooks.mjs";
import { writeSite } from "./site.mjs";

/**
 * Gives each figure of the executed notebooks its static image, and writes the pages. Doing it twice changes nothing.
 * @param {string} folder  with the notebooks, which are written back
 * @param {string} site    the folder to write
 * @returns {Promise<{ figures: number }>}
 */
export async function render(folder, site) {
  const notebooks = readNotebooks(resolve(folder));
  const browser = await chromium.launch(await launchOptions());
  try {
    const drawings = await drawFigures(browser, notebooks);
    for (const notebook of notebooks) putImages(notebook, drawings);
    writeNotebooks(notebooks);
    await writeSite(resolve(site), browser, notebooks, drawings);
    return { figures: drawings.size };
  } finally {
    await browser.close();
  }
}
