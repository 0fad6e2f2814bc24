#!/usr/bin/env node
// @ts-check
// npm run render: gives each figure of the executed notebooks its static image, and writes the pages.
//
//   node scripts/render.mjs [--notebooks notebooks] [--site site]
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { drawFigures } from "./render/draw.mjs";
import { putImages, readNotebooks, writeNotebooks } from "./render/notebooks.mjs";
import { root } from "./setup/clone.mjs";
import { launchOptions } from "./setup/chromium.mjs";

const { values } = parseArgs({
  options: {
    notebooks: { type: "string", default: join(root, "notebooks") },
    site: { type: "string", default: join(root, "site") },
  },
});

const notebooks = readNotebooks(values.notebooks);
const browser = await chromium.launch(await launchOptions());
try {
  const drawings = await drawFigures(browser, notebooks);
  for (const notebook of notebooks) putImages(notebook, drawings);
  writeNotebooks(notebooks);
  console.log(`${drawings.size} figures drawn`);
} finally {
  await browser.close();
}
