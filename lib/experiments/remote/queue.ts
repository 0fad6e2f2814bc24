import { Job, Queue, QueueEvents, UnrecoverableError, Worker, type ConnectionOptions } from "bullmq";
import { Redis } from "ioredis";
import type { History } from "../../trainer";
import { ALGORITHM, runKey } from "../key";
import { ProcessPool } from "../local/pool";
import type { RunOptions } from "../run";
import { whenAborted, type Runner } from "../runner";
import { parseRunSpec, type RunSpec } from "../spec";

/** Searches and workers meet under a name with the algorithm's number: a worker never takes runs of another one. */
export const QUEUE = `training-runs-${ALGORITHM}`;

/** What a job carries: never code, and the worker checks the spec again. */
interface RunJob {
  spec: RunSpec;
  /** Set to have the worker that is at it give up. */
  cancelled?: boolean;
}

/** Why a cancelled job failed. */
const CANCELLED = "cancelled";

/** How often a search looks for what its events may have missed, in ms. Redis may forget its last second in a crash. */
const LOOK = 5000;

/** How often a worker says how far its runs are and asks whether they are still wanted, in ms. */
const REPORT = 1000;

/** How long Redis keeps a history that nobody came back for, in seconds. */
const KEEP = 30 * 24 * 3600;

interface Waiting {
  spec: RunSpec;
  onProgress: RunOptions["onProgress"];
  resolve(history: History): void;
  reject(error: unknown): void;
}

/**
 * Hands runs to the workers that serve a Redis, through BullMQ.
 *
 * A run's job is known by {@link runKey}. So whatever happens to Redis, to a worker or to the search, the
 * run is there once: a search that was killed and is started again finds its jobs and their histories.
 * Once a history has been fetched it leaves Redis.
 */
export class RunQueue implements Runner {
  private readonly waiting = new Map<string, Waiting>();
  private readonly cancelling = new Set<Promise<void>>();
  private readonly looking: NodeJS.Timeout;
  private warned = false;

  /** @throws saying why if the Redis at this address does not answer. */
  static async connect(url: string): Promise<RunQueue> {
    await probe(url);
    const connection = connectionTo(url);
    const queue = new Queue<RunJob, History>(QUEUE, {
      connection,
      // Events carry whole histories: BullMQ's 10,000 would be gigabytes.
      streams: { events: { maxLen: 1000 } },
    });
    const events = new QueueEvents(QUEUE, { connection });
    reportOutages([queue, events], url);
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
    return new RunQueue(queue, events, url);
  }

  private constructor(
    private readonly queue: Queue<RunJob, History>,
    private readonly events: QueueEvents,
    private readonly url: string,
  ) {
    events.on("completed", ({ jobId, returnvalue }) => this.completed(jobId, returnvalue as unknown as History));
    events.on("failed", ({ jobId, failedReason }) => this.failed(jobId, failedReason));
    events.on("progress", ({ jobId, data }) => {
      const { done, total } = data as { done: number; total: number };
      this.waiting.get(jobId)?.onProgress?.(done, total);
    });
    this.looking = setInterval(() => void this.look().catch(ignore), LOOK);
  }

  run(spec: RunSpec, { onProgress, signal }: RunOptions = {}): Promise<History> {
    signal?.throwIfAborted();
    const key = runKey(spec);
    const ended = whenAborted(signal, () => {
      this.waiting.get(key)?.reject(signal!.reason);
      this.waiting.delete(key);
      const cancelling = this.cancel(key)
        .catch(ignore)
        .finally(() => this.cancelling.delete(cancelling));
      this.cancelling.add(cancelling);
    });
    return new Promise<History>((resolve, reject) => {
      this.waiting.set(key, { spec, onProgress, resolve, reject });
      this.add(key, spec).catch(reject);
    }).finally(ended);
  }

  async close(): Promise<void> {
    clearInterval(this.looking);
    await Promise.all(this.cancelling);
    await this.events.close();
    await this.queue.close();
  }

  /** Puts the run into the queue, unless it is there already from a search that did not come to its end. */
  private async add(key: string, spec: RunSpec): Promise<void> {
    const old = await this.queue.getJob(key);
    if (await old?.isCompleted()) return this.completed(key, old!.returnvalue);
    if (await old?.isFailed()) await old!.remove();
    await this.queue.add(
      "run",
      { spec },
      {
        jobId: key,
        attempts: 3,
        backoff: { type: "exponential", delay: 1000 },
        removeOnComplete: { age: KEEP },
        removeOnFail: { age: KEEP },
      },
    );
  }

  private completed(key: string, history: History): void {
    this.waiting.get(key)?.resolve(history);
    this.forget(key);
  }

  private failed(key: string, reason: string): void {
    const run = this.waiting.get(key);
    // Another search cancelled the same run; here it is still wanted.
    if (run && reason === CANCELLED) return void this.add(key, run.spec).catch(run.reject);
    run?.reject(new Error(`on a worker: ${reason}`));
    this.forget(key);
  }

  /** The job has told what it had to. Should Redis be away just now, it stays there for the next search. */
  private forget(key: string): void {
    if (this.waiting.delete(key)) void this.queue.remove(key).catch(ignore);
  }

  /** Sees to the runs whose end was missed, or that Redis has lost. */
  private async look(): Promise<void> {
    const underWay = new Set(await this.queue.getRanges(["waiting", "prioritized", "delayed", "active"], 0, -1));
    for (const [key, { spec, reject }] of this.waiting) {
      if (!underWay.has(key)) await this.settle(key, spec).catch(reject);
    }
    if (this.waiting.size > 0 && !this.warned && (await this.queue.getWorkersCount()) === 0) {
      this.warned = true;
      console.warn(
        `${this.waiting.size} runs wait at ${publicAddress(this.url)}, and no worker is there to take them. ` +
          `Start one, on any machine with this project: RUNS_REDIS_URL=… npm run worker`,
      );
    }
  }

  private async settle(key: string, spec: RunSpec): Promise<void> {
    const job = await this.queue.getJob(key);
    if (!job) await this.add(key, spec);
    else if (await job.isCompleted()) this.completed(key, job.returnvalue);
    else if (await job.isFailed()) this.failed(key, job.failedReason);
  }

  private async cancel(key: string): Promise<void> {
    const job = await this.queue.getJob(key);
    if (!job) return;
    // A job that a worker is at can't be removed: it is asked to give up.
    await job.remove().catch(() => job.updateData({ ...job.data, cancelled: true }));
  }
}

export interface ServeOptions {
  /** Runs to execute side by side, each in its own process; one a core if not said. */
  processes?: number;
  /** After how many ms without a sign of life a worker's runs are given to another. */
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
    // A run that takes its worker down with it shall not go round forever.
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
  const spec = checked(job);
  const stop = new AbortController();
  let progress: { done: number; total: number } | undefined;
  const report = async () => {
    if (progress) await job.updateProgress(progress);
    progress = undefined;
    const now = await Job.fromId<RunJob, History>(worker, job.id!);
    if (now?.data.cancelled) stop.abort(new UnrecoverableError(CANCELLED));
  };
  if (job.data.cancelled) throw new UnrecoverableError(CANCELLED);
  const reporting = setInterval(() => void report().catch(ignore), REPORT);
  try {
    return await runner.run(spec, { onProgress: (done, total) => (progress = { done, total }), signal: stop.signal });
  } finally {
    clearInterval(reporting);
  }
}

/** The spec of a job, which may have been put there by anyone who can reach Redis. */
function checked(job: Job<RunJob, History>): RunSpec {
  try {
    const spec = parseRunSpec(job.data.spec);
    if (runKey(spec) !== job.id) throw new TypeError(`the job's name ${job.id} is not its spec's`);
    return spec;
  } catch (error) {
    throw new UnrecoverableError((error as Error).message);
  }
}

function connectionTo(url: string): ConnectionOptions {
  return { url, maxRetriesPerRequest: null, retryStrategy: (times: number) => Math.min(times * 200, 2000) };
}

/** Finds out at once whether Redis answers; later on, lost connections are simply made again. */
async function probe(url: string): Promise<void> {
  const address = publicAddress(url);
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 10_000 });
  let cause: Error | undefined;
  redis.on("error", (error: Error) => (cause ??= error));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    const { message } = cause ?? (error as Error);
    throw new Error(`Redis at ${address} ${remedy(message)}`, { cause: error });
  } finally {
    redis.disconnect();
  }
}

function remedy(problem: string): string {
  if (/NOAUTH|WRONGPASS|NOPERM/.test(problem)) {
    return `refuses this user or password (${problem}): put them into the address, redis://USER:PASSWORD@HOST:PORT`;
  }
  if (/certificate/.test(problem)) {
    return `shows a certificate that is not trusted here (${problem}): name the file of its authority in NODE_EXTRA_CA_CERTS`;
  }
  return (
    `cannot be reached (${problem}): start it, or mend the address in RUNS_REDIS_URL; ` +
    `without that variable runs are executed on this machine`
  );
}

/** The address as it may be shown: without user and password. */
function publicAddress(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TypeError("RUNS_REDIS_URL is not an address: expected redis://HOST:PORT or rediss://HOST:PORT");
  }
  if (!/^rediss?:$/.test(parsed.protocol)) {
    throw new TypeError(
      `RUNS_REDIS_URL: expected redis://HOST:PORT or rediss://HOST:PORT, got one with ${parsed.protocol}//`,
    );
  }
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

/** Says once an outage that Redis is away. Its clients connect again by themselves. */
function reportOutages(parts: (Queue | QueueEvents | Worker)[], url: string): void {
  let away = false;
  for (const part of parts as Worker[]) {
    part.on("error", (error) => {
      const lost = /ECONN|EPIPE|ETIMEDOUT|closed/i.test(String((error as NodeJS.ErrnoException).code ?? error.message));
      if (!lost) console.warn(`Redis at ${publicAddress(url)}: ${error.message}`);
      else if (!away) console.warn(`Redis at ${publicAddress(url)} is away (${error.message}); waiting for it.`);
      away ||= lost;
    });
    part.on("ready", () => (away = false));
  }
}

/** For what is tried again anyway, or is only a courtesy. */
function ignore(): void {}
