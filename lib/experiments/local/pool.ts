import { LRUCache } from "lru-cache";
import PQueue from "p-queue";
import type { Pool } from "workerpool";
import type { History } from "../../trainer";
import type { Checkpoint, Prefix } from "../checkpoint";
import type { CheckpointFolder } from "../checkpoint-folder";
import { parseHistory } from "../history";
import { runKey } from "../key";
import { whenAborted, type Runner } from "../runner";
import { updatesOf, type RunSpec } from "../spec";
import type { Segment } from "../training";
import { acquireProcesses, processesThatFit, releaseProcesses, wasGone, wasKilled } from "./processes";
import { mergeSegments, plan } from "./segments";

/** What a process is told to do: train a segment. */
export interface Order extends Pick<Segment, "start" | "end" | "defersAccuracies" | "checkpointEveryMs"> {
  /** Whether to send the checkpoint at the segment's end. */
  handsOver: boolean;
}

/** What a process reports meanwhile: updates recorded, a checkpoint on the way, the one at the segment's end. */
export type Message = { done: number } | { prefix: Prefix } | { trained: Checkpoint };

/** The weights of 500 networks of figure 6-24. */
const MOST_KEPT_BYTES = 256 * 2 ** 20;

const KILLED_ALONE =
  "its process was killed (SIGKILL) with none beside it, most likely as memory ran out. " +
  "Give this machine or container more memory, or take fewer images or a smaller network.";

/** Executes runs in processes of this machine, each on a single thread; the others wait for their turn in order. */
export class ProcessPool implements Runner {
  private readonly pool: Pool;
  /** As many at a time as there are processes, or fewer once memory has run out. */
  private readonly turns: PQueue;
  private unfinished = 0;
  private isClosed = false;
  /** Finished runs that a longer one may continue, by {@link lengthlessKey}. */
  private readonly shorterRuns = new LRUCache<string, Prefix>({ maxSize: MOST_KEPT_BYTES, sizeCalculation: bytesOf });

  /**
   * @param processes how many run side by side; if not given, one a core, or fewer if memory or a quota allow no more.
   * @param checkpoints where long runs leave checkpoints and find those of a program that was killed.
   * @throws RangeError if `processes` is not a whole number from 1 on.
   */
  constructor(
    readonly processes = processesThatFit(),
    private readonly checkpoints?: CheckpointFolder,
  ) {
    if (!Number.isInteger(processes) || processes < 1) {
      throw new RangeError(`workers: expected a whole number from 1 on, got ${processes}`);
    }
    this.pool = acquireProcesses(processes);
    this.turns = new PQueue({ concurrency: processes });
  }

  /**
   * Trains what the checkpoints do not hold already, in one segment or several, see {@link plan}: as soon as one has been
   * trained the next begins, while the first one's accuracies are taken. The history is the same in each case.
   */
  async run(
    spec: RunSpec,
    { onProgress, signal, mayContinue = false }: Parameters<Runner["run"]>[1] = {},
  ): Promise<History> {
    const place = this.unfinished++;
    const failure = new AbortController();
    const stop = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
    try {
      await new Promise(setImmediate); // until all runs that are asked for together are known
      const total = updatesOf(spec);
      const prefix = this.prefixOf(spec);
      const from = prefix?.checkpoint.done ?? 0;
      const ends = plan(spec, place, this.unfinished, this.processes).filter((end) => end > from);
      const report = progressOf(ends, from, (done) => onProgress?.(done, total));
      const keep = this.keeper(spec);

      const before = prefix ? [prefix.history] : [];
      let histories = Promise.resolve(before); // of all segments so far
      let checkpoint = prefix?.checkpoint;
      for (const [i, end] of ends.entries()) {
        const isLast = i === ends.length - 1;
        const order: Order = {
          start: checkpoint,
          end,
          defersAccuracies: ends.length > 1,
          handsOver: !isLast || mayContinue,
          checkpointEveryMs: ends.length === 1 ? this.checkpoints?.everyMs : undefined,
        };
        const { trained, history } = this.train(spec, order, stop, {
          onDone: (done) => report(i, done),
          onPrefix: (part) => keep(part.checkpoint, [...before, part.history]),
        });
        histories = Promise.all([histories, history]).then(([earlier, own]) => [...earlier, own]);
        histories.catch((error) => failure.abort(error));
        if (i === 0) this.prepareOthers(spec, place, ends.length);
        if (!order.handsOver) break;
        const reached = (checkpoint = await trained);
        if (!isLast) histories.then((parts) => keep(reached, parts)).catch(() => {}); // a failure is told below
      }
      const history = parseHistory(spec, mergeSegments(await histories));
      if (mayContinue) this.shorterRuns.set(lengthlessKey(spec), { history, checkpoint: checkpoint! });
      if (ends.length === 0) onProgress?.(total, total);
      return history;
    } finally {
      this.unfinished--;
    }
  }

  /** The longest part of a run that need not be trained again. */
  private prefixOf(spec: RunSpec): Prefix | undefined {
    const known = [this.checkpoints?.get(spec), this.shorterRuns.get(lengthlessKey(spec))];
    return known
      .filter((prefix) => prefix !== undefined)
      .filter(({ checkpoint }) => checkpoint.done <= updatesOf(spec))
      .sort((a, b) => b.checkpoint.done - a.checkpoint.done)[0];
  }

  /** Keeps checkpoints of a run on disk, but no more often than it is worth. */
  private keeper(spec: RunSpec): (checkpoint: Checkpoint, histories: History[]) => void {
    const { checkpoints } = this;
    if (!checkpoints) return () => {};
    let keptAt = Date.now();
    return (checkpoint, histories) => {
      if (Date.now() < keptAt + checkpoints.everyMs) return;
      checkpoints.set(spec, { history: mergeSegments(histories), checkpoint });
      keptAt = Date.now();
    };
  }

  /** Has a process train a segment. Both promises are rejected if it fails or is stopped. */
  private train(
    spec: RunSpec,
    order: Order,
    stop: AbortSignal,
    { onDone, onPrefix }: { onDone: (updates: number) => void; onPrefix: (prefix: Prefix) => void },
  ): { trained: Promise<Checkpoint>; history: Promise<History> } {
    let history!: Promise<History>;
    const trained = new Promise<Checkpoint>((resolve, reject) => {
      const onMessage = (message: Message) => {
        if ("done" in message) onDone(message.done);
        else if ("prefix" in message) onPrefix(message.prefix);
        else resolve(message.trained);
      };
      history = this.execute(spec, order, stop, onMessage);
      history.catch(reject);
    });
    trained.catch(() => {}); // of the last segment nobody may ask for it
    return { trained, history };
  }

  /** A process that the system kills, as it does when memory runs out, is replaced, with fewer beside it. */
  private async execute(
    spec: RunSpec,
    order: Order,
    stop: AbortSignal,
    onMessage: (message: Message) => void,
  ): Promise<History> {
    let isAlone = false;
    const begin = () => {
      isAlone = this.turns.concurrency === 1;
      return this.send(spec, order, stop, onMessage);
    };
    for (let attempts = 0; ; attempts++) {
      try {
        return await this.turns.add(begin, { signal: stop });
      } catch (error) {
        stop.throwIfAborted();
        const hasNotBegun = wasGone(error) && attempts <= this.processes;
        if (this.isClosed || !(hasNotBegun || wasKilled(error))) throw error;
        if (!hasNotBegun && isAlone) throw new Error(KILLED_ALONE, { cause: error });
        if (!hasNotBegun) this.takeFewer();
        await new Promise(setImmediate); // until workerpool has taken note, too
      }
    }
  }

  /** Gives a segment to a process. */
  private async send(
    spec: RunSpec,
    order: Order,
    stop: AbortSignal,
    onMessage: (message: Message) => void,
  ): Promise<History> {
    const running = this.pool.exec("run", [spec, order], { on: onMessage });
    const ended = whenAborted(stop, () => void running.cancel());
    try {
      return (await running) as History;
    } finally {
      ended();
    }
  }

  /** There may be fewer runs than processes. */
  private takeFewer(): void {
    const { concurrency, pending } = this.turns;
    const left = (this.turns.concurrency = Math.max(1, Math.min(concurrency - 1, pending)));
    console.log(`A run's process was killed, most likely as memory ran out. It begins again, with ${left} at a time.`);
  }

  /** Starts the processes that will wait for a segment, while the first one is trained. */
  private prepareOthers(spec: RunSpec, place: number, segments: number): void {
    if (place !== this.unfinished - 1) return;
    for (let process = this.unfinished; process < Math.min(this.processes, segments); process++) {
      this.pool.exec("readImages", [spec]).catch(() => {}); // the segment will report whatever is wrong
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await releaseProcesses(this.pool);
  }
}

/** A run's progress, from that of its segments: told only when it grows. */
function progressOf(ends: number[], from: number, tell: (done: number) => void): (i: number, done: number) => void {
  const updates = ends.map(() => 0);
  let told = from;
  return (i, done) => {
    updates[i] = done - (ends[i - 1] ?? from);
    const all = updates.reduce((sum, each) => sum + each, from);
    if (all > told) tell((told = all));
  };
}

/** What runs have in common that differ in length only: the key of the shortest of them. */
function lengthlessKey({ iterations, epochs, ...spec }: RunSpec): string {
  return runKey({ ...spec, ...(epochs === undefined ? { iterations: 1 } : { epochs: 1 }) });
}

function bytesOf({ history, checkpoint }: Prefix): number {
  const arrays = [checkpoint.variables, checkpoint.memory?.variables ?? {}].flatMap((kept) => Object.values(kept));
  const numbers = Object.values(history).flat().length;
  return arrays.reduce((sum, { values }) => sum + values.byteLength, 8 * numbers);
}
