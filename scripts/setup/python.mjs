// JupyterLab, nbconvert and, where they are wanted, the Python tools of tests and checks, in a virtual environment inside
// the clone.
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, root, venv, venvPrograms } from "./clone.mjs";
import { labRequirements } from "./lab-requirements.mjs";
import { findPython } from "./requirements.mjs";
import { stampedStep } from "./step.mjs";
import { runTool } from "./tool.mjs";

export const python = join(venvPrograms, process.platform === "win32" ? "python.exe" : "python");

/** Where pip keeps what it has fetched, until set-up is whole. */
export const pipCache = join(cache, "pip");

// Isolated (-I): neither PYTHONPATH nor packages in the user's home are used.
export const pip = ["-I", "-m", "pip", "--disable-pip-version-check", "--no-input"];
export const pipEnvironment = {
  PIP_CACHE_DIR: pipCache,
  PIP_USER: "0",
  // pip reports a failing network only when it retries.
  ...(process.env.PIP_RETRIES === "0" && { PIP_RETRIES: "1" }),
};

const requirements = join(root, "requirements.txt");

/** What JupyterLab and nbconvert need. */
export const pythonStep = {
  ...stampedStep({
    name: "Python packages",
    megabytes: 250,
    stamp: join(venv, ".stamp"),
    // A virtual environment contains its own path and that of its Python, so it is made again if either moves.
    inputs: () => [
      labRequirements(readFileSync(requirements, "utf8")),
      root,
      existsSync(python) ? realpathSync(python) : "missing",
    ],
    async make(report) {
      // In two steps, because venv hides pip's output when installing pip fails.
      await runTool(findPython(), ["-I", "-m", "venv", "--clear", "--without-pip", venv], { doing });
      await runTool(python, ["-I", "-m", "ensurepip", "--default-pip"], { doing });
      const file = join(venv, "requirements.txt");
      writeFileSync(file, labRequirements(readFileSync(requirements, "utf8")));
      await install(file, report);
    },
  }),
  requires: findPython,
};

/** The rest: what tests, checks and benchmarks need. */
export const pythonDevStep = stampedStep({
  name: "Python packages for tests",
  megabytes: 150,
  stamp: join(venv, ".stamp-dev"),
  inputs: () => [readFileSync(requirements)],
  make: (report) => install(requirements, report),
});

const doing = "Installing the Python packages";

/**
 * @param {string} file  with the requirements; what is there already is not fetched again
 * @param {import("./step.mjs").Report} report
 */
async function install(file, report) {
  let total = readFileSync(file, "utf8").match(/^\S+==/gm)?.length ?? 0;
  let fetched = 0;
  let megabytes = 0;
  const settings = ["--require-hashes", "--only-binary=:all:", "--progress-bar=off"];
  // Compiled are, at their first import, only the modules that are used.
  await runTool(python, [...pip, "install", ...settings, "--no-compile", "-r", file], {
    doing,
    env: pipEnvironment,
    onLine(line) {
      // Packages for other Pythons or platforms, and those that are there; pip lists them before it fetches the first.
      if (/^(Ignoring|Requirement already satisfied:) /.test(line)) total--;
      if (line.startsWith("Collecting ")) fetched++;
      const [, size, unit] = line.match(/^\s*Downloading .*\((\d+(?:\.\d+)?) (kB|MB)\)/) ?? [];
      if (size) megabytes += unit === "MB" ? +size : +size / 1000;
      if (fetched > 0) report(`${fetched} of ${total} fetched, ${megabytes.toFixed(0)} MB`);
      if (line.startsWith("Installing ")) report(`installing ${fetched}`);
    },
  });
}
