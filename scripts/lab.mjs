#!/usr/bin/env node
// @ts-check
// npm run lab: JupyterLab on the notebooks.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { jupyterEnvironment } from "./jupyter.mjs";
import { setUp } from "./setup.mjs";
import { root, venv } from "./setup/clone.mjs";

const usage = `Opens JupyterLab on the notebooks, for this machine only.

  npm run lab
  npm run lab -- --no-browser --port 9999     and any other option of jupyter lab`;

const options = process.argv.slice(2);
if (options.includes("--help") || options.includes("-h")) {
  console.log(usage);
  process.exit();
}
await setUp();

const lab = spawn(
  join(venv, "bin/jupyter-lab"),
  [
    `--ServerApp.root_dir=${root}`, // the notebooks and, one folder up, the library that they import
    `--FileContentsManager.preferred_dir=${join(root, "notebooks")}`,
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []), // containers often have no other user
    ...options,
  ],
  { cwd: root, env: { ...jupyterEnvironment, JUPYTER_CONFIG_PATH: join(root, "scripts/lab") }, stdio: "inherit" },
);
// Ctrl+C reaches JupyterLab too, which asks whether to stop; this process ends when it has.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => lab.kill("SIGTERM"));
lab.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)]));
