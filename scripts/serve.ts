#!/usr/bin/env node
// @ts-check
// npm run serve: the rendered pages, for this machine only.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readCommandLine } from "./command-line.mjs";
import { serve } from "./render/server.mjs";
import { root } from "./setup/clone.mjs";

const usage = `Serves the rendered pages to this machine.

  npm run serve
  npm run serve -- --port 8080     elsewhere than on port 8000; 0 takes a free one
  npm run serve -- --site FOLDER   other pages than those in site/`;

const { values } = readCommandLine(usage, {
  options: { port: { type: "string", default: "8000" }, site: { type: "string", default: join(root, "site") } },
});
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65535)
  stop(`The port must be a number from 0 to 65535, not ${values.port}.`);
if (!existsSync(join(values.site, "index.html")))
  stop(
    `${values.site} holds no pages yet: npm run render writes them from the notebooks, npm run notebooks executes those first.`,
  );

try {
  const { url } = await serve(values.site, port);
  console.log(`${url}   (Ctrl+C ends it)`);
} catch (error) {
  if (/** @type {any} */ (error).code !== "EADDRINUSE") throw error;
  stop(`Port ${port} is taken: npm run serve -- --port 0 takes a free one.`);
}

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message);
  process.exit(1);
}
