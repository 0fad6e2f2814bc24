/**
 * The processes that execute runs. They stay a while after their last one: the next runs find them started, with images
 * read and graphs loaded, which takes a second otherwise.
 */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as workerpool from "workerpool";
import { CLONE } from "../../clone";

/** How long they stay, in ms. */
const REST = 5 * 60_000;

let resting: { pool: workerpool.Pool; timer: NodeJS.Timeout } | undefined;

/** Which library they were started with: see {@link lastBuilt}. */
const built = new WeakMap<workerpool.Pool, number>();

/** Up to so many processes, those that rest if there are any. Whoever takes them leaves them when done. */
export function takeProcesses(most: number): workerpool.Pool {
  const { pool, timer } = resting ?? {};
  resting = undefined;
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
      detached: true, // Ctrl-C in a terminal is for the one who started them: it decides whether they end
    },
  });
  built.set(started, now);
  return started;
}

/** Lets them rest; ends them if they are still busy. They keep nothing from ending that has nothing else to do. */
export async function leaveProcesses(pool: workerpool.Pool): Promise<void> {
  const { busyWorkers, pendingTasks } = pool.stats();
  if (resting || busyWorkers > 0 || pendingTasks > 0) {
    await pool.terminate(true);
    return;
  }
  for (const child of childrenOf(pool)) {
    child.unref();
    child.channel?.unref();
  }
  const timer = setTimeout(() => {
    resting = undefined;
    end(pool);
  }, REST).unref();
  resting = { pool, timer };
}

/**
 * Ends processes that do nothing, and waits for it. That a child has ended is told by a signal, and a signal that is
 * handled while this process multiplies matrices ruins its memory (see engine/environment.ts).
 */
function end(pool: workerpool.Pool): void {
  const children = childrenOf(pool);
  for (const child of children) child.kill("SIGKILL");
  do pause(5);
  while (children.some(({ pid }) => lives(pid!)));
}

/** Whether a child has threads yet, and the signal is still to come. Only Linux tells. */
function lives(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1 || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** workerpool does not tell them. */
function childrenOf(pool: workerpool.Pool): ChildProcess[] {
  return (pool as unknown as { workers: { worker: ChildProcess }[] }).workers.map(({ worker }) => worker);
}

/** When the library was last compiled: processes that are older run what it was before. */
function lastBuilt(): number {
  const compiled = join(CLONE, "lib/dist");
  const files = readdirSync(compiled, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
  return Math.max(...files.map((file) => statSync(join(compiled, file)).mtimeMs));
}
