import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./clone.mjs";
import { SetUpError } from "./set-up-error.mjs";

/** @type {number | undefined} */
let held;

/**
 * The file descriptor of the lock while it is held. Tools inherit it, so one that outlives a killed set-up still holds
 * the lock, and a second set-up waits for it instead of writing to the same folder.
 */
export const heldLock = () => held;

/**
 * Runs `work` while no other set-up of this clone runs. The operating system keeps the lock (flock), so it ends with
 * the processes that hold it, however they end, and never becomes stale.
 * @param {() => Promise<void>} work
 * @param {() => void} onWait  called when another set-up has the lock
 */
export async function withLock(work, onWait) {
  mkdirSync(cache, { recursive: true });
  const file = openSync(join(cache, "setup.lock"), "a");
  try {
    if (!(await flock(file, "--nonblock"))) {
      onWait();
      await flock(file);
    }
    held = file;
    await work();
  } finally {
    held = undefined;
    closeSync(file);
  }
}

/**
 * The lock belongs to the open file, not to the flock command, so it stays when the command ends.
 * @param {number} file
 * @param {string[]} options
 */
async function flock(file, ...options) {
  const child = spawn("flock", [...options, "3"], { stdio: ["ignore", "ignore", "ignore", file] });
  const [code] = await once(child, "close").catch(() => {
    throw new SetUpError(
      "The command flock was not found; install it (on Debian: apt install util-linux) and run the same command again.",
    );
  });
  return code === 0;
}
