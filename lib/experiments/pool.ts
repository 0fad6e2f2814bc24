import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as workerpool from "workerpool";
import type { History } from "../trainer";
import type { RunOptions } from "./run";
import { whenAborted, type Runner } from "./runner";
import type { RunSpec } from "./spec";

/** Executes runs in processes of this machine, each on a single thread; more wait for their turn in order. */
export class ProcessPool implements Runner {
  private readonly pool: workerpool.Pool;

  /** @param processes how many run side by side; one a core if not said. */
  constructor(readonly processes = availableParallelism()) {
    if (!Number.isInteger(processes) || processes < 1) {
      throw new RangeError(`workers: expected a whole number from 1 on, got ${processes}`);
    }
    this.pool = workerpool.pool(join(__dirname, "worker.js"), { workerType: "process", maxWorkers: processes });
  }

  async run(spec: RunSpec, { onProgress, signal }: RunOptions = {}): Promise<History> {
    signal?.throwIfAborted();
    const running = this.pool.exec("run", [spec], { on: ({ done, total }) => onProgress?.(done, total) });
    const ended = whenAborted(signal, () => void running.cancel());
    try {
      return (await running) as History;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      ended();
    }
  }

  async close(): Promise<void> {
    await this.pool.terminate(true);
  }
}
