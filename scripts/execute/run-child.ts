// @ts-check
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";

/**
 * Runs a program to its end. Ctrl-C, or any other signal that ends us, ends it too: it runs in a process group of its
 * own and is interrupted once, by us, so that nbconvert can shut its kernel down; after 5 s the whole group is killed.
 * @param {string} command
 * @param {string[]} args
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env
 * @param {string} options.cwd
 * @param {(line: string) => void} [options.onLine]  gets stdout's lines; without it, all output goes to the terminal
 * @returns {Promise<{ code: number | null, stderr: string }>}
 */
export function runChild(command, args, { env, cwd, onLine }) {
  const child = spawn(command, args, {
    env,
    cwd,
    detached: true,
    stdio: onLine ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
  });
  let stderr = "";
  child.stderr?.on("data", (text) => (stderr += text));
  if (child.stdout && onLine) createInterface({ input: child.stdout }).on("line", onLine);

  /** @type {NodeJS.Signals | undefined} */
  let stoppedBy;
  const stop = (/** @type {NodeJS.Signals} */ signal) => {
    if (stoppedBy) return;
    stoppedBy = signal;
    process.stderr.write("\nStopping …\n");
    child.kill("SIGINT");
    setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), 5000).unref();
  };
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  for (const signal of signals) process.on(signal, stop);

  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (stoppedBy) process.exit(128 + constants.signals[stoppedBy]);
      for (const signal of signals) process.off(signal, stop);
      resolve({ code, stderr });
    });
  });
}
