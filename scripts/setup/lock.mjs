import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cache, root } from "./clone.mjs";
import { SetUpError } from "./set-up-error.mjs";

/** @type {number | undefined} */
let held;

/**
 * The file descriptor of the lock while it is held. Tools inherit it, so one that outlives a killed set-up still holds
 * the lock, and a second set-up waits for it instead of writing to the same folder.
 */
export const heldLock = () => held;

/**
 * Runs `work` while no other set-up of this clone runs. The operating system keeps the lock, so it ends with the
 * processes that hold it, however they end, and never becomes stale.
 * @param {() => Promise<void>} work
 * @param {() => void} onWait  called when another set-up has the lock
 */
export async function withLock(work, onWait) {
  mkdirSync(cache, { recursive: true });
  const release = await (process.platform === "win32" ? takePipe(onWait) : takeFile(onWait));
  try {
    await work();
  } finally {
    release();
  }
}

/** @param {() => void} onWait */
async function takeFile(onWait) {
  const file = openSync(join(cache, "setup.lock"), "a");
  if (!(await flock(file, "nonblock"))) {
    onWait();
    await flock(file);
  }
  held = file;
  return () => {
    held = undefined;
    closeSync(file);
  };
}

/**
 * The lock belongs to the open file, not to the command, so it stays when the command ends.
 * @param {number} file
 * @param {"nonblock"} [how]
 */
async function flock(file, how) {
  // macOS has no such command, but Perl, whose function it is there: LOCK_EX is 2, LOCK_NB 4.
  const [command, ...parameters] =
    process.platform === "darwin"
      ? ["perl", "-e", `open(my $file, ">>&=", 3); exit !flock($file, ${how ? 6 : 2})`]
      : ["flock", ...(how ? ["--nonblock"] : []), "3"];
  const child = spawn(command, parameters, { stdio: ["ignore", "ignore", "ignore", file] });
  const [code] = await once(child, "close").catch(() => {
    throw new SetUpError(
      `The command ${command} was not found; install it (on Debian: apt install util-linux) and run the same command again.`,
    );
  });
  return code === 0;
}

/** Windows has no flock; there one process alone can listen to a pipe of a name. @param {() => void} onWait */
async function takePipe(onWait) {
  const name = `\\\\.\\pipe\\set-up-${createHash("sha256").update(root).digest("hex")}`;
  for (let attempt = 0; ; attempt++) {
    const server = createServer();
    const listening = once(server.listen(name), "listening");
    if (
      await listening.then(
        () => true,
        () => false,
      )
    )
      return () => server.close();
    if (attempt === 0) onWait();
    await setTimeout(1000);
  }
}
