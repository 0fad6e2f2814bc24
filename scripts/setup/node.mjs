// The Node packages, exactly as package-lock.json has them: those that JupyterLab and the kernel need, or with them those
// for pages, tests and checks (devDependencies). Install scripts are not run: tfjs-node's would fetch a prebuilt
// TensorFlow from a host that many networks do not reach; two later steps do its work.
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
  megabytes: 600,
  isDone: () => isInstalled({ dev: false }),
  // Those for pages and tests stay if they were there.
  make: (report) => install(report, { dev: Object.values(packagesOf(installed)).some(({ dev }) => dev) }),
};

/** @type {import("./step.mjs").Step} */
export const nodeDevStep = {
  name: "Node packages, with those for pages and tests",
  megabytes: 900,
  isDone: () => isInstalled({ dev: true }),
  make: (report) => install(report, { dev: true }),
};

/**
 * @param {import("./step.mjs").Report} report
 * @param {{ dev: boolean }} which
 */
async function install(report, { dev }) {
  // What is whole already is only added to, so that it is not fetched again; `npm ci` begins by removing everything.
  const command = isInstalled({ dev: false }) ? "install" : "ci";
  const have = packagesOf(command === "install" ? installed : undefined);
  const total = wanted({ dev }).filter(([path]) => !have[path]).length;
  let fetched = 0;
  let unwritten = "";
  const settings = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-save",
    "--loglevel=http",
    // npm's own pauses between attempts add up to more than a minute before it reports that there is no network.
    "--fetch-retry-mintimeout=2000",
    "--fetch-retry-maxtimeout=15000",
    // Stated explicitly, because under `npm run` the outer npm's settings come in through the environment.
    `--prefix=${root}`,
    `--cache=${join(cache, "npm")}`,
    "--global=false",
    dev ? "--include=dev" : "--omit=dev",
    "--include=optional",
    "--dry-run=false",
  ];
  const doing = "Installing the Node packages";
  rmSync(installed, { force: true }); // if this is interrupted, the next begins anew
  await runTool("npm", [command, ...settings], {
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
}

/** @param {{ dev: boolean }} which */
function isInstalled({ dev }) {
  const have = packagesOf(installed);
  return wanted({ dev }).every(([path, { version, integrity, optional }]) =>
    have[path] ? have[path].version === version && have[path].integrity === integrity : optional,
  );
}

/** @param {{ dev: boolean }} which */
function wanted({ dev }) {
  return Object.entries(packagesOf(lock)).filter(([, { dev: isDev }]) => dev || !isDev);
}

/**
 * @param {string} [lockFile]
 * @returns {Record<string, { version: string, integrity?: string, optional?: boolean, dev?: boolean }>}
 */
function packagesOf(lockFile = "") {
  if (!existsSync(lockFile)) return {};
  const { "": project, ...packages } = JSON.parse(readFileSync(lockFile, "utf8")).packages;
  return packages;
}
