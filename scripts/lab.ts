// npm run lab: JupyterLab on the notebooks.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { root } from "#setup/clone.mjs";
import { python } from "#setup/python.mjs";
import { jupyterEnvironment } from "./jupyter.js";

export default function lab(_values: object, options: string[]): void {
  const server = spawn(
    python,
    [
      ...["-I", "-m", "jupyterlab"],
      `--ServerApp.root_dir=${root}`, // the notebooks and, one folder up, the library that they import
      `--FileContentsManager.preferred_dir=${join(root, "notebooks")}`,
      ...(process.getuid?.() === 0 ? ["--allow-root"] : []), // containers often have no other user
      ...options,
    ],
    { cwd: root, env: { ...jupyterEnvironment, JUPYTER_CONFIG_PATH: join(root, "scripts/lab") }, stdio: "inherit" },
  );
  // Ctrl+C reaches JupyterLab too, which asks whether to stop; this process ends when JupyterLab does.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => server.kill("SIGTERM"));
  server.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal!]));
}
