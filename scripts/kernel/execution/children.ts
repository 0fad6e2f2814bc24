// Ends the kernel's child processes together with the kernel.
import { spawn, type StdioOptions } from "node:child_process";
import { openSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * On Windows there is nothing to do: libuv has the system end a process's children with it. Elsewhere this
 * starts a guard that outlives the kernel by a moment and ends the processes it has left behind, even when the kernel
 * itself was killed. Jupyter makes the kernel the leader of a process group that its children belong to. The guard
 * stands outside this group and waits for the end of a pipe that only the kernel holds. Then it passes on what is left
 * in the kernel's standard error, such as Node's last words, and removes the pipes.
 * @param connection the connection file
 * @param pipes the folder of the pipes that are the kernel's standard output and error; see ../start.sh
 */
export function guardChildren(pipes: string | undefined, connection: string): void {
  if (process.platform === "win32") return;
  const kill = `read _; kill -s KILL -- -${process.pid}`;
  const stdio: StdioOptions = ["pipe", "ignore", "ignore"];
  if (pipes === undefined) {
    start(kill, [], stdio);
  } else {
    const lastWords = fileURLToPath(new URL("../protocol/last-words.js", import.meta.url));
    const rest = [openSync(join(pipes, "stderr"), "r+"), TERMINAL];
    start(`${kill}; ${TELL}`, [pipes, process.execPath, lastWords, connection], [...stdio, ...rest]);
  }
}

/** Passes the last words on: to the terminal, and, if they are V8's, to the notebook. */
const TELL = `
words=$(cat "$0/last-words" 2>/dev/null; dd if=/dev/fd/3 iflag=nonblock 2>/dev/null)
[ -z "$words" ] || printf '%s\\n' "$words" >&4
case "$words" in *v8::*|*node::*|*FATAL*|*Fatal*|*"Node.js v"*) printf '%s' "$words" | "$1" "$2" "$3" "$0/cell" 2>&4 ;; esac
rm -rf "$0"`;

function start(script: string, parameters: string[], stdio: StdioOptions): void {
  const guard = spawn("/bin/sh", ["-c", script, ...parameters], { detached: true, stdio });
  guard.on("error", () => {});
  guard.unref();
  (guard.stdin as Socket).unref();
}

/** See ../start.sh. */
const TERMINAL = 4;
