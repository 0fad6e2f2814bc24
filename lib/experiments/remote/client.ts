import { Queue, QueueEvents, type Job } from "bullmq";
import { arithmetic } from "../../engine/backend";
import { printable, printableName } from "../../printable";
import type { History } from "../../trainer";
import { parseHistory } from "../history";
import { runKey } from "../key";
import type { RunOptions } from "../run";
import { whenAborted, type Runner } from "../runner";
import { updatesOf, type RunSpec } from "../spec";
import { CANCELLED, QUEUE, type Progress, type RunJob } from "./jobs";
import { connectionTo, disconnect, ignore, inTime, patiently, probe, publicAddress, reportOutages } from "./redis";

/** How often a search looks for what its events may have missed: Redis may forget its last second in a crash. */
const POLL_MS = 5000;

/** How long Redis keeps a history that nobody has come back for. */
const RETENTION_S = 30 * 24 * 3600;

/** More searches than this will not have cancelled one run: a worker gives it up by itself. */
const MOST_CANCELLED = 10;

/** What a worker has computed. */
export interface Computed {
  history: History;
  /** The worker's name, as it may be shown. */
  worker: string;
}

/** A run whose history is yet to come. */
interface Waiting {
  spec: RunSpec;
  onProgress: RunOptions["onProgress"];
  /** How often a worker has said that somebody cancelled it. */
  cancelled: number;
  resolve(computed: Computed): void;
  reject(error: unknown): void;
}

/**
 * Hands runs to the workers that serve a Redis, through BullMQ.
 *
 * A run's job is named by its {@link runKey}. So whatever happens to Redis, to a worker or to the search, the run is there
 * once: a search that was killed and is started again finds its jobs and their histories. A history leaves Redis once it
 * has been fetched. Whoever reaches Redis can write anything there: what comes from it is checked before it is used, and
 * made printable before it is shown.
 */
export class RunQueue implements Runner {
  private readonly waiting = new Map<string, Waiting>();
  /** What nobody waits for but {@link close}. */
  private readonly courtesies = new Set<Promise<void>>();
  private readonly polling: NodeJS.Timeout;
  private isPolling = false; // a Redis that does not answer is not asked again and again
  private warned = false;

  /** @throws saying why if the Redis at this address does not answer; the signal's reason if aborted meanwhile. */
  static async connect(url: string, signal?: AbortSignal): Promise<RunQueue> {
    await probe(url, signal);
    const connection = connectionTo(url);
    const queue = new Queue<RunJob, unknown>(QUEUE, {
      connection,
      // Events carry whole histories: BullMQ's default of 10,000 would be gigabytes.
      streams: { events: { maxLen: 1000 } },
    });
    const events = new QueueEvents(QUEUE, { connection });
    const stopReporting = reportOutages([queue, events], url);
    try {
      await inTime(Promise.all([queue.waitUntilReady(), events.waitUntilReady()]), url, signal);
    } catch (error) {
      stopReporting();
      await disconnect([queue, events]);
      throw error;
    }
    return new RunQueue(queue, events, url, stopReporting);
  }

  private constructor(
    private readonly queue: Queue<RunJob, unknown>,
    private readonly events: QueueEvents,
    private readonly url: string,
    private readonly stopReporting: () => void,
  ) {
    // An event says only where to look: it may have been put there by anyone, while a worker still computes.
    events.on("completed", ({ jobId }) => void this.look(jobId));
    events.on("failed", ({ jobId }) => void this.look(jobId));
    events.on("progress", ({ jobId, data }) => this.progressed(jobId, data));
    this.polling = setInterval(() => this.pollInTurn(), POLL_MS);
  }

  async run(spec: RunSpec, options?: RunOptions): Promise<History> {
    return (await this.compute(spec, options)).history;
  }

  /** As {@link run}, and says which worker has computed the history. */
  async compute(spec: RunSpec, { onProgress, signal }: RunOptions = {}): Promise<Computed> {
    signal?.throwIfAborted();
    const key = runKey(spec);
    const ended = whenAborted(signal, () => {
      this.waiting.get(key)?.reject(signal!.reason);
      this.waiting.delete(key);
      this.asCourtesy(this.cancel(key));
    });
    return new Promise<Computed>((resolve, reject) => {
      this.waiting.set(key, { spec, onProgress, cancelled: 0, resolve, reject });
      void this.attempt(key, () => this.add(key, spec));
    }).finally(ended);
  }

  async close(): Promise<void> {
    clearInterval(this.polling);
    this.stopReporting();
    for (const { reject } of this.waiting.values()) reject(new Error("the queue was closed before this run had ended"));
    this.waiting.clear();
    await patiently(Promise.all(this.courtesies));
    await disconnect([this.queue, this.events]);
  }

  /** Puts the run into the queue, unless it is there already from a search that was cut short. */
  private async add(key: string, spec: RunSpec): Promise<void> {
    const old = await this.queue.getJob(key);
    if (old && (await old.isCompleted())) return this.completed(key, old);
    if (await old?.isFailed()) await old!.remove().catch(ignore); // another search may have done so
    await this.queue.add(
      "run",
      { spec },
      {
        jobId: key,
        attempts: 3,
        backoff: { type: "exponential", delay: 1000 },
        removeOnComplete: { age: RETENTION_S },
        removeOnFail: { age: RETENTION_S },
      },
    );
  }

  /** What became of a run's job. */
  private async look(key: string): Promise<void> {
    const run = this.waiting.get(key);
    if (run) await this.attempt(key, () => this.reconcile(key, run.spec));
  }

  private completed(key: string, job: Job<RunJob, unknown>): void {
    const worker = nameOf(job);
    this.settle(key, ({ spec, resolve, reject }) => {
      try {
        resolve({ history: parseHistory(spec, job.returnvalue), worker });
      } catch (error) {
        reject(
          new Error(`on worker ${worker}: what it computed is no history of this run, ${(error as Error).message}`),
        );
      }
    });
  }

  private async failed(key: string, job: Job<RunJob, unknown>): Promise<void> {
    const run = this.waiting.get(key);
    if (!run) return;
    // Another search has cancelled the same run, which is still wanted here.
    if (job.failedReason === CANCELLED && ++run.cancelled <= MOST_CANCELLED) return this.add(key, run.spec);
    const reason = printable(String(job.failedReason));
    this.settle(key, ({ reject }) => reject(new Error(`on worker ${nameOf(job)}: ${reason}`)));
  }

  private progressed(key: string, progress: unknown): void {
    const run = this.waiting.get(key);
    if (run && isProgress(progress, updatesOf(run.spec))) run.onProgress?.(progress.done, progress.total);
  }

  /** Fails the run if what is to be done for it in Redis fails. */
  private async attempt(key: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      const problem = printable((error as Error).message);
      this.settle(key, ({ reject }) =>
        reject(new Error(`Redis at ${publicAddress(this.url)}, job ${key}: ${problem}`)),
      );
    }
  }

  /** Answers who waits for the run, if anyone still does. Its job stays if Redis is away just now, for the next search. */
  private settle(key: string, answer: (run: Waiting) => void): void {
    const run = this.waiting.get(key);
    if (!run) return;
    answer(run);
    this.waiting.delete(key);
    this.asCourtesy(this.queue.remove(key));
  }

  private asCourtesy(work: Promise<unknown>): void {
    const done = work.then(ignore, ignore).finally(() => this.courtesies.delete(done));
    this.courtesies.add(done);
  }

  private pollInTurn(): void {
    if (this.isPolling) return;
    this.isPolling = true;
    void this.poll()
      .catch(ignore)
      .finally(() => (this.isPolling = false));
  }

  /** Takes care of runs whose end was missed, or that Redis has lost. */
  private async poll(): Promise<void> {
    const underWay = new Set(await this.queue.getRanges(["waiting", "prioritized", "delayed", "active"], 0, -1));
    for (const [key, { spec }] of this.waiting) {
      if (!underWay.has(key)) await this.attempt(key, () => this.reconcile(key, spec));
    }
    if (this.waiting.size > 0 && !this.warned && (await this.queue.getWorkersCount()) === 0) {
      this.warned = true;
      console.warn(
        `${this.waiting.size} runs wait at ${publicAddress(this.url)}, and there is no worker to take them. ` +
          `Start one that trains with ${arithmetic}, on any machine with this project: RUNS_REDIS_URL=… npm run worker`,
      );
    }
  }

  private async reconcile(key: string, spec: RunSpec): Promise<void> {
    const job = await this.queue.getJob(key);
    if (!job) await this.add(key, spec);
    else if (await job.isCompleted()) this.completed(key, job);
    else if (await job.isFailed()) await this.failed(key, job);
  }

  private async cancel(key: string): Promise<void> {
    const job = await this.queue.getJob(key);
    if (!job) return;
    // A job that a worker is executing cannot be removed: it is asked to give up.
    await job.remove().catch(() => job.updateData({ ...job.data, cancelled: true }));
  }
}

/** The name of the worker that took the job last. */
const nameOf = ({ processedBy = "without a name" }: Job<RunJob, unknown>) => printableName(String(processedBy));

function isProgress(value: unknown, updates: number): value is Progress {
  const { done, total } = (value ?? {}) as Partial<Record<keyof Progress, unknown>>;
  return typeof done === "number" && Number.isInteger(done) && done >= 0 && done <= updates && total === updates;
}
