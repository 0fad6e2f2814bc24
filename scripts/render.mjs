#!/usr/bin/env node
// @ts-check
// npm run render: images for the figures of the executed notebooks, and the pages.
//
//   npm run render -- [--notebooks notebooks] [--site site]
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { setUp } from "./setup.mjs";
import { root } from "./setup/clone.mjs";

const { values } = parseArgs({
  options: {
    notebooks: { type: "string", default: join(root, "notebooks") },
    site: { type: "string", default: join(root, "site") },
  },
});
await setUp();
const { render } = await import("./render/render.mjs");
const { figures } = await render(values.notebooks, values.site);
console.log(`${figures} figures; the pages begin at ${relative(process.cwd(), join(values.site, "index.html"))}`);
