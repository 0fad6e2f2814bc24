// npm run clean: removes what the other commands have made.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache, root } from "./clone.mjs";
import { sizeOf } from "./size.mjs";

// What set-up has put into .cache; everything else there is from executions and tests.
const installed = /^(npm|pip|tensorflow-.*|without-tensorflow|chromium-.*|setup\..*)$/;

/** @param {{ all?: boolean }} options */
export function clean({ all }) {
  const left = existsSync(cache) ? readdirSync(cache).filter((name) => !installed.test(name)) : [];
  const made = ["site", "lib/dist", "scripts/dist"];
  const folders = [...made, ...(all ? [".venv", "node_modules", ".cache"] : left.map((name) => `.cache/${name}`))];
  let total = 0;
  for (const folder of folders) {
    const bytes = sizeOf(join(root, folder));
    if (bytes === undefined) continue;
    rmSync(join(root, folder), { recursive: true });
    console.log(`${megabytes(bytes)}  ${folder}`);
    total += bytes;
  }
  console.log(total > 0 ? `${megabytes(total)}  in all` : "Nothing to remove.");
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1).padStart(8)} MB`;
}
