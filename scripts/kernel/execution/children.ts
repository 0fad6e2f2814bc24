// Ends the kernel's child processes together with the kernel.
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";

/**
 * Starts a guard that outlives the kernel by a moment and ends the processes it has left behind, even when the kernel
 * itself was killed. Jupyter makes the kernel the leader of a process group that its children belong to. The guard
 * stands outside this group and waits for the end of a pipe that only the kernel holds. Then it passes on what is left
 * in the kernel's standard error, such as Node's last words, and removes the pipes.
 * @param pipes the folder of the pipes that are the kernel's standard output and error; see ../start.sh
 */
export function guardChildren(pipes: string | undefined): void {
  const rest = pipes === undefined ? [] : [openSync(join(pipes, "stderr"), "r+"), TERMINAL];
  const tell = `dd if=/dev/fd/3 of=/dev/fd/4 iflag=nonblock 2>/dev/null; rm -rf "$0"`;
  const script = `read _; kill -s KILL -- -${process.pid}${pipes === undefined ? "" : `; ${tell}`}`;
  const guard = spawn("/bin/sh", ["-c", script, pipes ?? "sh"], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore", ...rest],
  });
  guard.on("error", () => {});
  guard.unref();
  (guard.stdin as Socket).unref();
}

/** See ../start.sh. */
const TERMINAL = 4;
