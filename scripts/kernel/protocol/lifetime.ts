// Shuts the kernel down on request, or when the process that started it is gone.
import type { Port, ToExecution, ToProtocol } from "../messages.js";
import { complain } from "../terminal.js";
import type { Outbox } from "./outbox.js";

const POLL_MS = 1000;
/** The main thread may take this long to end by itself, and to run its "exit" handlers. */
const EXIT_GRACE_MS = 1000;
/** ZeroMQ's own thread sends the last bytes in this time. */
const LAST_BYTES_MS = 50;

/**
 * Ends the kernel.
 * @param execution leads to the main thread
 * @param outboxes by their sockets: what they hold is sent first
 */
export async function endKernel(
  execution: Port<ToExecution, ToProtocol>,
  outboxes: ReadonlyMap<{ close(): void }, Outbox>,
): Promise<void> {
  setTimeout(() => process.kill(process.pid, "SIGKILL"), EXIT_GRACE_MS);
  const all = [...outboxes.values()];
  while (!all.every((outbox) => outbox.isEmpty)) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const socket of outboxes.keys()) socket.close();
  await new Promise((resolve) => setTimeout(resolve, LAST_BYTES_MS));
  execution.postMessage({ kind: "exit" });
}

/** Ends the kernel when the server or client that started it has died, whatever signal killed it. */
export function endWithParent(): void {
  // Jupyter sets this for a kernel that must not outlive it; on Windows to a handle, which says nothing to Node.
  const named = Number(process.env.JPY_PARENT_PID);
  if (!named) return;
  const parent = process.ppid;
  const starter = process.platform === "win32" ? parent : named;
  setInterval(() => {
    if (process.ppid === parent && isAlive(starter)) return;
    complain("the process that started this kernel is gone; the kernel ends.");
    process.kill(process.pid, "SIGKILL");
  }, POLL_MS);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
