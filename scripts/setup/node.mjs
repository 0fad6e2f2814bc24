// The Node packages, exactly as package-lock.json has them. Install scripts are not run: tfjs-node's would fetch a
// prebuilt TensorFlow from a host that many networks do not reach; two later steps do its work.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache, nodeModules, root } from "./clone.mjs";
import { SetUpError, remedy } from "./set-up-error.mjs";
import { runTool } from "./tool.mjs";

const lock = join(root, "package-lock.json");
const installed = join(nodeModules, ".package-lock.json"); // npm's own record, which it writes last of all

/** @type {import("./step.mjs").Step} */
export const nodeStep = {
  name: "Node packages",
  megabytes: 900,
  isDone: () => isInstalled(lock, installed),
  async make(report) {
    const total = Object.keys(packagesOf(lock)).length;
    let fetched = 0;
    let unwritten = "";
    const settings = [
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=http",
      // npm's own pauses between attempts add up to more than a minute before it reports that there is no network.
      "--fetch-retry-mintimeout=2000",
      "--fetch-retry-maxtimeout=15000",
      // Stated explicitly, because under `npm run` the outer npm's settings come in through the environment.
      `--prefix=${root}`,
      `--cache=${join(cache, "npm")}`,
      "--global=false",
      "--include=dev",
      "--include=optional",
      "--dry-run=false",
    ];
    const doing = "Installing the Node packages";
    await runTool("npm", ["ci", ...settings], {
      doing,
      onLine(line) {
        if (line.includes("TAR_ENTRY_ERROR")) unwritten ||= line;
        if (line.startsWith("npm http fetch")) report(`fetching ${Math.min(++fetched, total)} of ${total}`);
      },
    });
    // If it cannot write a file because the disk is full, npm only warns, and counts the package as installed.
    if (unwritten) {
      rmSync(installed, { force: true });
      throw new SetUpError(`${doing} failed: ${remedy(unwritten) ?? "npm could not write all files"}.`, unwritten);
    }
  },
};

/**
 * @param {string} wanted     package-lock.json
 * @param {string} installed  npm's record of what is in node_modules
 */
function isInstalled(wanted, installed) {
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
