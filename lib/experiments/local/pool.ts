import { availableParallelism } from "node:os";
import type { Pool } from "workerpool";
import type { History } from "../../trainer";
import type { RunOptions } from "../run";
import { leaveProcesses, takeProcesses } from "./processes";
import { whenAborted, type Runner } from "../runner";
import { updatesOf, type RunSpec } from "../spec";
import { mergeStretches, stretchEnds, type Stretch, type TrainingState } from "./stretches";

/** With more of them processes end closer together, but each takes a while to begin. */
const STRETCHES_A_PROCESS = 2;

/** What a process says while it is busy. */
export type Message = { done: number } | { trained: TrainingState };

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

  /**
   * Runs that are left over when the others fill all processes, and as many before them as there are processes, are
   * divided into stretches, so that all processes are busy to the end. Their history is the same.
   */
  async run(spec: RunSpec, { onProgress, signal }: RunOptions = {}): Promise<History> {
    const place = this.unfinished++;
    try {
      await new Promise(setImmediate); // until all runs that are asked for together are known
      const ends = this.stretchEnds(spec, place);
      const failed = new AbortController();
      const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
      const done = ends.map(() => 0); // of each stretch, in updates
      let reported = 0;
      const histories = new Promise<History[]>((resolve, reject) => {
        const stretches: Promise<History>[] = [];
        const begin = (start?: TrainingState) => {
          const i = stretches.length;
          const onMessage = (message: Message) => {
            if ("trained" in message) return begin(message.trained);
            done[i] = message.done - (ends[i - 1] ?? 0);
            const all = done.reduce((sum, updates) => sum + updates);
            if (all > reported) onProgress?.((reported = all), ends.at(-1)!);
          };
          stretches.push(this.execute(spec, ends.length > 1 ? { start, end: ends[i] } : undefined, either, onMessage));
          stretches[i].catch(reject);
          if (i === ends.length - 1) resolve(Promise.all(stretches));
        };
        begin();
      });
      this.prepareOthers(spec, place, ends.length);
      return mergeStretches(await histories.finally(() => failed.abort()));
    } finally {
      this.unfinished--;
    }
  }

  private stretchEnds(spec: RunSpec, place: number): number[] {
    const { processes, unfinished } = this;
    const leftOver = unfinished % processes;
    const divided = leftOver > 0 && place >= unfinished - leftOver - processes;
    // Training leaves nothing to other processes unless there are other runs, or accuracies to take.
    const gains = unfinished > processes || spec.record.some((measurement) => measurement !== "loss");
    return divided && gains
      ? stretchEnds(spec, STRETCHES_A_PROCESS * Math.ceil(processes / unfinished))
      : [updatesOf(spec)];
  }

  /** Starts the processes that will wait for a stretch, while the first one is trained. */
  private prepareOthers(spec: RunSpec, place: number, stretches: number): void {
    if (place !== this.unfinished - 1) return;
    for (let process = this.unfinished; process < Math.min(this.processes, stretches); process++) {
      this.pool.exec("prepare", [spec]).catch(() => {}); // whatever is wrong, the stretch tells
    }
  }

  private async execute(
    spec: RunSpec,
    stretch: Stretch | undefined,
    signal: AbortSignal,
    onMessage: (message: Message) => void,
  ): Promise<History> {
    signal.throwIfAborted();
    const running = this.pool.exec("run", [spec, stretch], { on: onMessage });
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
