#!/usr/bin/env node
// @ts-check
// npm run lab: JupyterLab on the notebooks, for this machine only, opened on their contents.
//
//   npm run lab -- [any option of jupyter lab, like --no-browser or --port 9999]
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { jupyterEnvironment } from "./jupyter.mjs";
import { setUp } from "./setup.mjs";
import { root, venv } from "./setup/clone.mjs";

await setUp();

const lab = spawn(
  join(venv, "bin/jupyter-lab"),
  [
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.root_dir=${root}`, // the notebooks and, one folder up, the library that they import
    `--ServerApp.preferred_dir=${join(root, "notebooks")}`,
    "--LabApp.default_url=/lab/tree/notebooks/README.md",
    "--MultiKernelManager.default_kernel_name=tslab",
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []), // containers often have no other user
    ...process.argv.slice(2),
  ],
  { cwd: root, env: { ...jupyterEnvironment, JUPYTER_CONFIG_PATH: join(root, "scripts/lab") }, stdio: "inherit" },
);
// Ctrl+C reaches JupyterLab too, which asks whether to stop; this process ends when it has.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => lab.kill("SIGTERM"));
lab.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[/** @type {NodeJS.Signals} */ (signal)]));
