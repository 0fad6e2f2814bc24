import { dirname, join } from "node:path";
import { cache } from "./clone.mjs";
import { SetUpError, remedy } from "./set-up-error.mjs";
import { sizeOf } from "./size.mjs";
import { runTool } from "./tool.mjs";

/** Where npm keeps what it has fetched, until set-up is whole. */
export const npmCache = join(cache, "npm");

// On Windows npm is a batch file, which cannot be spawned; the script that it runs lies beside Node.
const npm =
  process.platform === "win32"
    ? [process.execPath, join(dirname(process.execPath), "node_modules/npm/bin/npm-cli.js")]
    : ["npm"];

/** npm has not written all files, as the disk is full: it only warns then, and counts the packages as installed. */
export class UnwrittenError extends SetUpError {}

/**
 * Installs packages exactly as a package-lock.json has them, without their install scripts.
 * @param {object} installation
 * @param {"ci" | "install"} installation.command  `ci` begins by removing what is there
 * @param {string} installation.folder  with package.json and package-lock.json
 * @param {boolean} installation.dev  whether with devDependencies
 * @param {number} installation.total  packages to fetch
 * @param {string} installation.doing
 * @param {import("./step.mjs").Report} installation.report
 */
export async function installPackages({ command, folder, dev, total, doing, report }) {
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
    `--prefix=${folder}`,
    `--cache=${npmCache}`,
    "--global=false",
    dev ? "--include=dev" : "--omit=dev",
    "--include=optional",
    "--dry-run=false",
  ];
  let fetched = 0;
  let unwritten = "";
  const before = sizeOf(npmCache) ?? 0;
  const tell = () => {
    const megabytes = ((sizeOf(npmCache) ?? 0) - before) / 1e6;
    report(`${Math.min(fetched, total)} of ${total} fetched, ${megabytes.toFixed(0)} MB`);
  };
  const timer = setInterval(tell, 1000);
  const [program, ...parameters] = [...npm, command, ...settings];
  await runTool(program, parameters, {
    doing,
    onLine(line) {
      if (line.includes("TAR_ENTRY_ERROR")) unwritten ||= line;
      if (line.startsWith("npm http fetch")) fetched++;
    },
  }).finally(() => clearInterval(timer));
  if (unwritten)
    throw new UnwrittenError(`${doing} failed: ${remedy(unwritten) ?? "npm could not write all files"}.`, unwritten);
}
