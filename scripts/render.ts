#!/usr/bin/env node
// @ts-check
// npm run render: images for the figures of the executed notebooks, and the pages.
import { join, relative } from "node:path";
import { readCommandLine } from "./command-line.mjs";
import { setUp } from "./setup.mjs";
import { root } from "./setup/clone.mjs";

const usage = `Draws each figure of the executed notebooks once, keeps its image beside it, and writes the pages to site/.

  npm run render
  npm run render -- --notebooks FOLDER --site FOLDER     elsewhere`;

const { values } = readCommandLine(usage, {
  options: {
    notebooks: { type: "string", default: join(root, "notebooks") },
    site: { type: "string", default: join(root, "site") },
  },
});
await setUp();
const { render } = await import("./render/render.mjs");
try {
  const { figures } = await render(values.notebooks, values.site);
  console.log(`${figures} figures; the pages begin at ${relative(process.cwd(), join(values.site, "index.html"))}`);
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exit(1);
}
