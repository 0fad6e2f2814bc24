// Ends the kernel's child processes together with the kernel.
import { spawn } from "node:child_process";
import type { Socket } from "node:net";

/**
 * Starts a guard that outlives the kernel by a moment and ends the processes it has left behind, even when the kernel
 * itself was killed. Jupyter makes the kernel the leader of a process group that its children belong to. The guard
 * stands outside this group and waits for the end of a pipe that only the kernel holds.
 */
export function guardChildren(): void {
  const guard = spawn("/bin/sh", ["-c", `read _; kill -s KILL -- -${process.pid}`], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.on("error", () => {});
  guard.unref();
  (guard.stdin as Socket).unref();
}
