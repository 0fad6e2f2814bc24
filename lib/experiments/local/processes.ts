/**
 * The processes that execute runs. They stay for a while after their last run, so that the next ones find them started,
 * with images read and graphs loaded, which takes a second otherwise.
 */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as workerpool from "workerpool";
import { CLONE } from "../../clone";
import { environment, threads } from "../../engine/backend";
import { capacity, fit } from "./capacity";

/** How long they stay without work. */
const IDLE_MS = 5 * 60_000;

let idle: { pool: workerpool.Pool; timer: NodeJS.Timeout } | undefined;

/** When the library that they were started with was compiled, see {@link lastBuilt}. */
const built = new WeakMap<workerpool.Pool, number>();

let told: string | undefined;

/** How many processes this machine has room for. Where these are fewer than its processors, that is said once. */
export function processesThatFit(): number {
  const { memory, ...rest } = capacity();
  const { processes, reason } = fit({ ...rest, memory: memory + heldByIdle(), threads });
  if (reason !== undefined && reason !== told) console.log(reason);
  told = reason;
  return processes;
}

/** The memory of idle processes, in bytes: the next runs will use them, or end them. */
function heldByIdle(): number {
  const bytesOf = ({ pid }: ChildProcess) => {
    try {
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
    } catch {
      return 0; // only Linux tells
    }
  };
  return idle ? childrenOf(idle.pool).reduce((sum, child) => sum + bytesOf(child), 0) : 0;
}

/** Up to `most` processes: idle ones if there are any. The caller gives them to {@link releaseProcesses} when done. */
export function acquireProcesses(most: number): workerpool.Pool {
  const { pool, timer } = idle ?? {};
  idle = undefined;
  clearTimeout(timer);
  const now = lastBuilt();
  if (pool?.maxWorkers === most && built.get(pool) === now && childrenOf(pool).every(({ connected }) => connected)) {
    for (const child of childrenOf(pool)) {
      child.ref();
      child.channel?.ref();
    }
    return pool;
  }
  if (pool) end(pool);
  const started = workerpool.pool(join(__dirname, "worker.js"), {
    workerType: "process",
    maxWorkers: most,
    forkOpts: {
      serialization: "advanced", // sends arrays of numbers as they are
      env: { ...process.env, ...environment },
      detached: true, // Ctrl-C in a terminal reaches only the process that started them, which decides whether they end
    },
  });
  built.set(started, now);
  return started;
}

/** Whether a run failed because its process was killed, as Linux does when memory runs out. */
export function wasKilled(error: unknown): boolean {
  return error instanceof Error && /terminated Unexpectedly[^]*signalCode: `SIGKILL`/.test(error.message);
}

/** Whether a run did not even begin, as its process had been killed before it could read of it. */
export function wasGone(error: unknown): boolean {
  return error instanceof Error && /^(Worker is terminated|Workerpool Worker error: write EPIPE)$/.test(error.message);
}

/** Keeps the processes for the next runs, or ends them if they are busy. Idle ones do not keep this process alive. */
export async function releaseProcesses(pool: workerpool.Pool): Promise<void> {
  const { busyWorkers, pendingTasks } = pool.stats();
  if (idle || busyWorkers > 0 || pendingTasks > 0) {
    await pool.terminate(true);
    return;
  }
  for (const child of childrenOf(pool)) {
    child.unref();
    child.channel?.unref();
  }
  const timer = setTimeout(() => {
    idle = undefined;
    end(pool);
  }, IDLE_MS).unref();
  idle = { pool, timer };
}

/**
 * Ends idle processes and waits until they are gone: a child's end raises SIGCHLD, and a signal that is handled while this
 * process multiplies matrices overwrites its memory (see engine/backend/environment.ts).
 */
function end(pool: workerpool.Pool): void {
  const children = childrenOf(pool);
  for (const child of children) child.kill("SIGKILL");
  do pause(5);
  while (children.some(({ pid }) => isAlive(pid!)));
}

/** Whether a child still has threads, so that its signal is yet to come. Only Linux tells. */
function isAlive(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1 || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** The children behind a pool: workerpool keeps them private. */
function childrenOf(pool: workerpool.Pool): ChildProcess[] {
  return (pool as unknown as { workers: { worker: ChildProcess }[] }).workers.map(({ worker }) => worker);
}

/** When the library was last compiled: processes started earlier run the code from before. */
function lastBuilt(): number {
  const compiled = join(CLONE, "lib/dist");
  const files = readdirSync(compiled, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
  return Math.max(...files.map((file) => statSync(join(compiled, file)).mtimeMs));
}
