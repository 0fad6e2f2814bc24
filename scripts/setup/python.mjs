// JupyterLab, nbconvert and the Python test tools, in a virtual environment inside the clone.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { cache, root, venv, venvPrograms } from "./clone.mjs";
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

export const pythonStep = {
  ...stampedStep({
    name: "Python packages",
    megabytes: 400,
    stamp: join(venv, ".stamp"),
    // A virtual environment contains its own path and that of its Python, so it is made again if either moves.
    inputs: () => [readFileSync(requirements), root, existsSync(python) ? realpathSync(python) : "missing"],
    async make(report) {
      const doing = "Installing the Python packages";
      // In two steps, because venv hides pip's output when installing pip fails.
      await runTool(findPython(), ["-I", "-m", "venv", "--clear", "--without-pip", venv], { doing });
      await runTool(python, ["-I", "-m", "ensurepip", "--default-pip"], { doing });
      let total = readFileSync(requirements, "utf8").match(/^\S+==/gm)?.length ?? 0;
      let fetched = 0;
      let megabytes = 0;
      await runTool(
        python,
        // Compiled are, at their first import, only the modules that are used.
        [
          ...pip,
          "install",
          "--require-hashes",
          "--only-binary=:all:",
          "--progress-bar=off",
          "--no-compile",
          "-r",
          requirements,
        ],
        {
          doing,
          env: pipEnvironment,
          onLine(line) {
            // Packages for other Pythons or platforms; pip lists them before it fetches the first.
            if (line.startsWith("Ignoring ")) total--;
            if (line.startsWith("Collecting ")) fetched++;
            const [, size, unit] = line.match(/^\s*Downloading .*\((\d+(?:\.\d+)?) (kB|MB)\)/) ?? [];
            if (size) megabytes += unit === "MB" ? +size : +size / 1000;
            if (fetched > 0) report(`${fetched} of ${total} fetched, ${megabytes.toFixed(0)} MB`);
            if (line.startsWith("Installing ")) report(`installing ${total}`);
          },
        },
      );
    },
  }),
  requires: findPython,
};
