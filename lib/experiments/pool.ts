import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as workerpool from "workerpool";
import type { History, Share } from "../trainer";
import type { RunOptions } from "./run";
import { whenAborted, type Runner } from "./runner";
import { mergeShares, sharesOf } from "./shares";
import { updatesOf, type RunSpec } from "./spec";

/** Executes runs in processes of this machine, each on a single thread; more wait for their turn in order. */
export class ProcessPool implements Runner {
  private readonly pool: workerpool.Pool;
  private unfinished = 0;

  /** @param processes how many run side by side; one a core if not said. */
  constructor(readonly processes = availableParallelism()) {
    if (!Number.isInteger(processes) || processes < 1) {
      throw new RangeError(`workers: expected a whole number from 1 on, got ${processes}`);
    }
    this.pool = workerpool.pool(join(__dirname, "worker.js"), { workerType: "process", maxWorkers: processes });
  }

  /**
   * Runs that are left over when the others fill all processes are shared by several: see {@link sharesOf}. Their
   * history is the same.
   */
  async run(spec: RunSpec, { onProgress, signal }: RunOptions = {}): Promise<History> {
    const place = this.unfinished++;
    try {
      await new Promise(setImmediate); // until all runs that are asked for together are known
      const leftOver = this.unfinished % this.processes;
      const shared = place >= this.unfinished - leftOver;
      const shares = sharesOf(spec, shared ? Math.floor(this.processes / leftOver) : 1);
      const total = updatesOf(spec);
      const done = shares.map(() => 0);
      let reported = 0;
      const failed = new AbortController();
      const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
      const histories = shares.map((share, i) =>
        this.execute(spec, share, either, (updates) => {
          done[i] = updates / share.to;
          const slowest = Math.floor(total * Math.min(...done));
          if (slowest === reported) return;
          reported = slowest;
          onProgress?.(slowest, total);
        }),
      );
      return mergeShares(await Promise.all(histories).finally(() => failed.abort()));
    } finally {
      this.unfinished--;
    }
  }

  private async execute(
    spec: RunSpec,
    share: Share,
    signal: AbortSignal,
    onProgress: (done: number) => void,
  ): Promise<History> {
    signal.throwIfAborted();
    const running = this.pool.exec("run", [spec, share], { on: ({ done }) => onProgress(done) });
    const ended = whenAborted(signal, () => void running.cancel());
    try {
      return (await running) as History;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      ended();
    }
  }

  async close(): Promise<void> {
    await this.pool.terminate(true);
  }
}
