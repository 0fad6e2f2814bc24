import { availableParallelism } from "node:os";
import type { Pool } from "workerpool";
import type { History } from "../../trainer";
import type { Checkpoint } from "../checkpoint";
import type { RunOptions } from "../run";
import type { RunSpec } from "../spec";
import type { Segment } from "../training";
import { leaveProcesses, takeProcesses } from "./processes";
import { whenAborted, type Runner } from "../runner";
import { mergeSegments, plan } from "./segments";

/** What a process says while it is busy. */
export type Message = { done: number } | { trained: Checkpoint };

/** Executes runs in processes of this machine, each on a single thread; more wait for their turn in order. */
export class ProcessPool implements Runner {
  private readonly pool: Pool;
  private unfinished = 0;

  /** @param processes how many run side by side; one a core if not said. */
  constructor(readonly processes = availableParallelism()) {
    if (!Number.isInteger(processes) || processes < 1) {
      throw new RangeError(`workers: expected a whole number from 1 on, got ${processes}`);
    }
    this.pool = takeProcesses(processes);
  }

  /** A run may be divided into segments, see {@link plan}. Its history is the same. */
  async run(spec: RunSpec, { onProgress, signal }: RunOptions = {}): Promise<History> {
    const place = this.unfinished++;
    try {
      await new Promise(setImmediate); // until all runs that are asked for together are known
      const ends = plan(spec, place, this.unfinished, this.processes);
      const failed = new AbortController();
      const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
      const done = ends.map(() => 0); // of each segment, in updates
      let reported = 0;
      const histories = new Promise<History[]>((resolve, reject) => {
        const segments: Promise<History>[] = [];
        const begin = (start?: Checkpoint) => {
          const i = segments.length;
          const onMessage = (message: Message) => {
            if ("trained" in message) return begin(message.trained);
            done[i] = message.done - (ends[i - 1] ?? 0);
            const all = done.reduce((sum, updates) => sum + updates);
            if (all > reported) onProgress?.((reported = all), ends.at(-1)!);
          };
          segments.push(this.execute(spec, ends.length > 1 ? { start, end: ends[i] } : undefined, either, onMessage));
          segments[i].catch(reject);
          if (i === ends.length - 1) resolve(Promise.all(segments));
        };
        begin();
      });
      this.prepareOthers(spec, place, ends.length);
      return mergeSegments(await histories.finally(() => failed.abort()));
    } finally {
      this.unfinished--;
    }
  }

  /** Starts the processes that will wait for a segment, while the first one is trained. */
  private prepareOthers(spec: RunSpec, place: number, segments: number): void {
    if (place !== this.unfinished - 1) return;
    for (let process = this.unfinished; process < Math.min(this.processes, segments); process++) {
      this.pool.exec("readImages", [spec]).catch(() => {}); // whatever is wrong, the segment tells
    }
  }

  private async execute(
    spec: RunSpec,
    segment: Segment | undefined,
    signal: AbortSignal,
    onMessage: (message: Message) => void,
  ): Promise<History> {
    signal.throwIfAborted();
    const running = this.pool.exec("run", [spec, segment], { on: onMessage });
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
    await leaveProcesses(this.pool);
  }
}
