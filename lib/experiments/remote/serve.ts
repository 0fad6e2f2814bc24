import { hostname } from "node:os";
import { Job, UnrecoverableError, Worker } from "bullmq";
import { printableName } from "../../printable";
import type { History } from "../../trainer";
import { runKey } from "../key";
import { ProcessPool } from "../local/pool";
import type { Runner } from "../runner";
import { parseRunSpec, type RunSpec } from "../spec";
import { CANCELLED, QUEUE, type Progress, type RunJob } from "./jobs";
import { connectionTo, ignore, inTime, patiently, probe, publicAddress, reportOutages } from "./redis";

/** How often a worker reports how far its runs are, and asks whether they are still wanted. */
const REPORT_MS = 1000;

export interface ServeOptions {
  /** Runs to execute side by side, each in its own process; one a core if not given. */
  processes?: number;
  /** After how many milliseconds without a sign of life a worker's runs are given to another one. */
  silence?: number;
}

/** A worker that serves a queue. */
export interface Serving {
  worker: Worker<RunJob, History>;
  /** Takes no more runs, and returns once the present ones have ended and Redis has their histories, or does not answer. */
  close(): Promise<void>;
}

/**
 * Takes runs from the queue and executes them here, until closed.
 * What it runs is a spec and nothing else: one that {@link parseRunSpec} refuses is sent back.
 *
 * @throws saying why if the Redis at this address does not answer.
 */
export async function serveRuns(url: string, { processes, silence = 30_000 }: ServeOptions = {}): Promise<Serving> {
  await probe(url);
  const pool = new ProcessPool(processes);
  const present = new Set<Promise<History>>();
  const worker: Worker<RunJob, History> = new Worker<RunJob, History>(
    QUEUE,
    (job) => {
      const running = execute(job, worker, pool).finally(() => present.delete(running));
      present.add(running);
      return running;
    },
    {
      name: `${hostname()}:${process.pid}`,
      connection: connectionTo(url),
      concurrency: pool.processes,
      lockDuration: silence,
      stalledInterval: silence / 2,
      // A run that takes its worker down with it must not go round forever.
      maxStalledCount: 3,
    },
  );
  const stopReporting = reportOutages([worker], url);

  const close = async () => {
    const closed = worker.close();
    let isClosed: boolean;
    do {
      await Promise.allSettled(present);
      isClosed = await patiently(closed);
    } while (!isClosed && present.size > 0);
    if (!isClosed) {
      console.warn(
        `Redis at ${publicAddress(url)} does not answer: what it does not know to be done is executed again.`,
      );
      await patiently(worker.getBackend().disconnect());
    }
    stopReporting();
    await pool.close();
  };
  try {
    await inTime(worker.waitUntilReady(), url);
  } catch (error) {
    stopReporting();
    await worker.close(true);
    throw error;
  }
  return { worker, close };
}

/** What a worker does with a job: checks its spec, has the runner execute it, and reports. */
export async function execute(
  job: Job<RunJob, History>,
  worker: Worker<RunJob, History>,
  runner: Runner,
): Promise<History> {
  const spec = checkedSpec(job);
  const stop = new AbortController();
  let progress: Progress | undefined;
  const report = async () => {
    if (progress) await job.updateProgress(progress);
    progress = undefined;
    const now = await Job.fromId<RunJob, History>(worker, job.id!);
    if (now?.data.cancelled) stop.abort(new UnrecoverableError(CANCELLED));
  };
  if (job.data.cancelled) throw new UnrecoverableError(CANCELLED);
  const reporting = setInterval(() => void report().catch(ignore), REPORT_MS);
  try {
    return await runner.run(spec, { onProgress: (done, total) => (progress = { done, total }), signal: stop.signal });
  } finally {
    clearInterval(reporting);
  }
}

/** The spec of a job, which anyone who can reach Redis may have put there. */
function checkedSpec(job: Job<RunJob, History>): RunSpec {
  try {
    const spec = parseRunSpec(job.data?.spec);
    if (runKey(spec) !== job.id)
      throw new TypeError(`the job's name ${printableName(String(job.id))} is not its spec's`);
    return spec;
  } catch (error) {
    throw new UnrecoverableError((error as Error).message);
  }
}
