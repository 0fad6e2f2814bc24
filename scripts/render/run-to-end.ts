import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { root } from "#setup/clone.mjs";
import { jupyterEnvironment } from "../jupyter.js";

/** Runs a program in the clone. @throws with what it printed, if it fails */
export function runToEnd(command: string, args: string[]): void {
  const { status, stderr, stdout, error } = spawnSync(command, args, {
    encoding: "utf8",
    cwd: root,
    env: jupyterEnvironment,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${basename(command)} failed:\n${stdout}${stderr}`);
}
