// @ts-check
// The Node packages, exactly as package-lock.json has them. Install scripts are not run: tfjs-node's would fetch a
// prebuilt TensorFlow from a host that many networks do not reach; two later steps do its work.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cache, nodeModules, root } from "./clone.mjs";
import { runTool } from "./tool.mjs";

/** @type {import("./step.mjs").Step} */
export const nodeStep = {
  name: "Node packages",
  megabytes: 900,
  // npm writes its own record of what is installed, last of all.
  isDone: () => isInstalled(join(root, "package-lock.json"), join(nodeModules, ".package-lock.json")),
  async make(report) {
    const total = Object.keys(packagesOf(join(root, "package-lock.json"))).length;
    let fetched = 0;
    const settings = [
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=http",
      // npm's own pauses between tries add up to more than a minute before it admits that there is no network.
      "--fetch-retry-mintimeout=2000",
      "--fetch-retry-maxtimeout=15000",
      // Said outright, because under `npm run` the outer npm's settings come in through the environment.
      `--prefix=${root}`,
      `--cache=${join(cache, "npm")}`,
      "--global=false",
      "--include=dev",
      "--include=optional",
      "--dry-run=false",
    ];
    await runTool("npm", ["ci", ...settings], {
      doing: "Installing the Node packages",
      onLine(line) {
        if (line.startsWith("npm http fetch")) report(`fetching ${Math.min(++fetched, total)} of ${total}`);
      },
    });
  },
};

/**
 * @param {string} wanted     package-lock.json
 * @param {string} installed  npm's record of what is in node_modules
 */
export function isInstalled(wanted, installed) {
  if (!existsSync(installed)) return false;
  const have = packagesOf(installed);
  return Object.entries(packagesOf(wanted)).every(([path, { version, integrity, optional }]) =>
    have[path] ? have[path].version === version && have[path].integrity === integrity : optional,
  );
}

/**
 * @param {string} lockFile
 * @returns {Record<string, { version: string, integrity?: string, optional?: boolean }>}
 */
function packagesOf(lockFile) {
  const { "": project, ...packages } = JSON.parse(readFileSync(lockFile, "utf8")).packages;
  return packages;
}
