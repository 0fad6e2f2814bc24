// The end of the kernel: on request, or when the one who started it is gone. Whatever it started ends with it.

const { spawn } = require("node:child_process");
const { writeSync } = require("node:fs");

const POLL = 1000; // ms
const GRACE = 1000; // ms in which the main thread may end by itself, and run its "exit" handlers

/**
 * Starts a guard that outlives the kernel by a moment, and ends what the kernel has left behind, even when the
 * kernel itself was killed. Jupyter makes the kernel the leader of a process group, which its children are in.
 * The guard stands outside of it and waits for the end of a pipe that only the kernel holds.
 */
function guardChildren() {
  const guard = spawn("/bin/sh", ["-c", `read _; kill -s KILL -- -${process.pid}`], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.on("error", () => {});
  guard.unref();
  guard.stdin.unref();
}

/**
 * Ends the kernel, called in the protocol's thread.
 * @param outboxes by their sockets: what they hold is sent before
 */
async function endKernel(port, outboxes) {
  setTimeout(() => process.kill(process.pid, "SIGKILL"), GRACE);
  const all = [...outboxes.values()];
  while (!all.every((outbox) => outbox.isEmpty)) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const socket of outboxes.keys()) socket.close();
  await new Promise((resolve) => setTimeout(resolve, 50)); // in which ZeroMQ's own thread sends the last bytes
  port.postMessage({ exit: true });
}

/** Ends the kernel when the server or client that started it has died, by whatever signal. */
function endWithParent() {
  // Set by Jupyter for a kernel that shall not outlive it.
  const starter = Number(process.env.JPY_PARENT_PID);
  if (!starter) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent && isAlive(starter)) return;
    writeSync(2, "TypeScript kernel: the process that started this kernel is gone; the kernel ends.\n");
    process.kill(process.pid, "SIGKILL");
  }, POLL);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

module.exports = { endKernel, endWithParent, guardChildren };
