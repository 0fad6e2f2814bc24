// @ts-check
// npm run clean: removes what the other commands have made.
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./setup/clone.mjs";

const usage = `Removes what can be made again.

  npm run clean             pages, the library's build and what executions left
  npm run clean -- --all    also the installed packages, libraries and downloads`;

const made = ["site", "lib/dist", ".cache/executed", ".cache/quick", ".cache/test", ".cache/jupyter"];
const installed = [".venv", "node_modules", ".cache"];

const { values } = parseArgs({ options: { all: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
if (values.help) {
  console.log(usage);
  process.exit();
}

let total = 0;
for (const folder of values.all ? [...made, ...installed] : made) {
  const bytes = sizeOf(join(root, folder));
  if (bytes === undefined) continue;
  rmSync(join(root, folder), { recursive: true });
  console.log(`${(bytes / 1e6).toFixed(1).padStart(8)} MB  ${folder}`);
  total += bytes;
}
console.log(total > 0 ? `${(total / 1e6).toFixed(1).padStart(8)} MB removed` : "Nothing to remove.");

/**
 * @param {string} path
 * @returns {number | undefined} bytes; undefined where there is nothing
 */
function sizeOf(path) {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (!entry?.isDirectory()) return entry?.size;
  return readdirSync(path).reduce((sum, name) => sum + (sizeOf(join(path, name)) ?? 0), entry.size);
}
