// The Node packages, exactly as package-lock.json has them: those that JupyterLab and the kernel need, or with them those
// for pages, tests and checks (devDependencies). Install scripts are not run: tfjs-node's would fetch a prebuilt
// TensorFlow from a host that many networks do not reach; two later steps do its work.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeModules, root } from "./clone.mjs";
import { UnwrittenError, installPackages } from "./npm.mjs";

const lock = join(root, "package-lock.json");
const installed = join(nodeModules, ".package-lock.json"); // npm's own record, which it writes last of all

/** @type {import("./step.mjs").Step} */
export const nodeStep = {
  name: "Node packages",
  megabytes: 750,
  isDone: () => isInstalled({ dev: false }),
  // Those for pages and tests stay if they were there.
  make: (report) => install(report, { dev: Object.values(packagesOf(installed)).some(({ dev }) => dev) }),
};

/** @type {import("./step.mjs").Step} */
export const nodeDevStep = {
  name: "Node packages, with those for pages and tests",
  megabytes: 950,
  isDone: () => isInstalled({ dev: true }),
  make: (report) => install(report, { dev: true }),
};

/**
 * @param {import("./step.mjs").Report} report
 * @param {{ dev: boolean }} which
 */
async function install(report, { dev }) {
  // What is whole already is only added to, so that it is not fetched again.
  const record = isInstalled({ dev: false }) ? readFileSync(installed) : undefined;
  const have = record ? packagesOf(installed) : {};
  const missing = wanted({ dev }).filter(([path]) => !have[path]);
  rmSync(installed, { force: true }); // if this is killed, the next begins anew
  try {
    await installPackages({
      command: record ? "install" : "ci",
      folder: root,
      dev,
      total: missing.length,
      doing: "Installing the Node packages",
      report,
    });
  } catch (error) {
    // npm takes back what it cannot finish, for lack of a network say, but not what it could not write.
    if (record && !(error instanceof UnwrittenError)) writeFileSync(installed, record);
    else rmSync(installed, { force: true });
    throw error;
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
 * @param {string} lockFile
 * @returns {Record<string, { version: string, integrity?: string, optional?: boolean, dev?: boolean }>}
 */
function packagesOf(lockFile) {
  if (!existsSync(lockFile)) return {};
  const { "": project, ...packages } = JSON.parse(readFileSync(lockFile, "utf8")).packages;
  return packages;
}
