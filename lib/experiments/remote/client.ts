import { Queue, QueueEvents } from "bullmq";
import type { History } from "../../trainer";
import { runKey } from "../key";
import type { RunOptions } from "../run";
import { whenAborted, type Runner } from "../runner";
import type { RunSpec } from "../spec";
import { CANCELLED, QUEUE, type RunJob } from "./jobs";
import { connectionTo, ignore, probe, publicAddress, reportOutages } from "./redis";

/** How often a search looks for what its events may have missed: Redis may forget its last second in a crash. */
const POLL_MS = 5000;

/** How long Redis keeps a history that nobody has come back for. */
const RETENTION_S = 30 * 24 * 3600;

/** A run whose history is yet to come. */
interface Waiting {
  spec: RunSpec;
  onProgress: RunOptions["onProgress"];
  resolve(history: History): void;
  reject(error: unknown): void;
}

/**
 * Hands runs to the workers that serve a Redis, through BullMQ.
 *
 * A run's job is named by its {@link runKey}. So whatever happens to Redis, to a worker or to the search, the run is there
 * once: a search that was killed and is started again finds its jobs and their histories. A history leaves Redis once it
 * has been fetched.
 */
export class RunQueue implements Runner {
  private readonly waiting = new Map<string, Waiting>();
  private readonly cancelling = new Set<Promise<void>>();
  private readonly polling: NodeJS.Timeout;
  private warned = false;

  /** @throws saying why if the Redis at this address does not answer. */
  static async connect(url: string): Promise<RunQueue> {
    await probe(url);
    const connection = connectionTo(url);
    const queue = new Queue<RunJob, History>(QUEUE, {
      connection,
      // Events carry whole histories: BullMQ's default of 10,000 would be gigabytes.
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
    this.polling = setInterval(() => void this.poll().catch(ignore), POLL_MS);
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
    clearInterval(this.polling);
    await Promise.all(this.cancelling);
    await this.events.close();
    await this.queue.close();
  }

  /** Puts the run into the queue, unless it is there already from a search that was cut short. */
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
        removeOnComplete: { age: RETENTION_S },
        removeOnFail: { age: RETENTION_S },
      },
    );
  }

  private completed(key: string, history: History): void {
    this.waiting.get(key)?.resolve(history);
    this.forget(key);
  }

  private failed(key: string, reason: string): void {
    const run = this.waiting.get(key);
    // Another search has cancelled the same run, which is still wanted here.
    if (run && reason === CANCELLED) return void this.add(key, run.spec).catch(run.reject);
    run?.reject(new Error(`on a worker: ${reason}`));
    this.forget(key);
  }

  /** The job is no longer needed. If Redis is away at this moment it stays there, for the next search. */
  private forget(key: string): void {
    if (this.waiting.delete(key)) void this.queue.remove(key).catch(ignore);
  }

  /** Takes care of runs whose end was missed, or that Redis has lost. */
  private async poll(): Promise<void> {
    const underWay = new Set(await this.queue.getRanges(["waiting", "prioritized", "delayed", "active"], 0, -1));
    for (const [key, { spec, reject }] of this.waiting) {
      if (!underWay.has(key)) await this.reconcile(key, spec).catch(reject);
    }
    if (this.waiting.size > 0 && !this.warned && (await this.queue.getWorkersCount()) === 0) {
      this.warned = true;
      console.warn(
        `${this.waiting.size} runs wait at ${publicAddress(this.url)}, and there is no worker to take them. ` +
          `Start one, on any machine with this project: RUNS_REDIS_URL=… npm run worker`,
      );
    }
  }

  private async reconcile(key: string, spec: RunSpec): Promise<void> {
    const job = await this.queue.getJob(key);
    if (!job) await this.add(key, spec);
    else if (await job.isCompleted()) this.completed(key, job.returnvalue);
    else if (await job.isFailed()) this.failed(key, job.failedReason);
  }

  private async cancel(key: string): Promise<void> {
    const job = await this.queue.getJob(key);
    if (!job) return;
    // A job that a worker is executing cannot be removed: it is asked to give up.
    await job.remove().catch(() => job.updateData({ ...job.data, cancelled: true }));
  }
}
