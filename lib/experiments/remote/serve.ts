import { Job, UnrecoverableError, Worker } from "bullmq";
import type { History } from "../../trainer";
import { runKey } from "../key";
import { ProcessPool } from "../local/pool";
import type { Runner } from "../runner";
import { parseRunSpec, type RunSpec } from "../spec";
import { CANCELLED, QUEUE, type RunJob } from "./jobs";
import { connectionTo, ignore, probe, reportOutages } from "./redis";

/** How often a worker reports how far its runs are, and asks whether they are still wanted. */
const REPORT_MS = 1000;

export interface ServeOptions {
  /** Runs to execute side by side, each in its own process; one a core if not given. */
  processes?: number;
  /** After how many milliseconds without a sign of life a worker's runs are given to another one. */
  silence?: number;
}

/**
 * Takes runs from the queue and executes them here, until closed.
 * What it runs is a spec and nothing else: one that {@link parseRunSpec} refuses is sent back.
 *
 * @throws saying why if the Redis at this address does not answer.
 */
export async function serveRuns(
  url: string,
  { processes, silence = 30_000 }: ServeOptions = {},
): Promise<Worker<RunJob, History>> {
  await probe(url);
  const pool = new ProcessPool(processes);
  const worker: Worker<RunJob, History> = new Worker<RunJob, History>(QUEUE, (job) => execute(job, worker, pool), {
    connection: connectionTo(url),
    concurrency: pool.processes,
    lockDuration: silence,
    stalledInterval: silence / 2,
    // A run that takes its worker down with it must not go round forever.
    maxStalledCount: 3,
  });
  reportOutages([worker], url);
  worker.on("closed", () => void pool.close());
  await worker.waitUntilReady();
  return worker;
}

/** What a worker does with a job: checks its spec, has the runner execute it, and reports. */
export async function execute(
  job: Job<RunJob, History>,
  worker: Worker<RunJob, History>,
  runner: Runner,
): Promise<History> {
  const spec = checkedSpec(job);
  const stop = new AbortController();
  let progress: { done: number; total: number } | undefined;
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
    const spec = parseRunSpec(job.data.spec);
    if (runKey(spec) !== job.id) throw new TypeError(`the job's name ${job.id} is not its spec's`);
    return spec;
  } catch (error) {
    throw new UnrecoverableError((error as Error).message);
  }
}
