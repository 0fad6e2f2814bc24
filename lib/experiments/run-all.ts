import { stretched } from "../optimizers/schedule";
import { QUICK, quickly } from "../quick";
import type { History } from "../trainer";
import { CheckpointFolder } from "./checkpoint-folder";
import { runKey } from "./key";
import { ProcessPool } from "./local/pool";
import { UntrustedWorker, whenAborted, type Runner } from "./runner";
import { parseRunSpec, updatesOf, type RunSpec } from "./spec";
import type { RunStore } from "./store";
import { WhenFree } from "./when-free";

/** How long this thread stands still for another process that holds the store: a moment. */
const STORE_WAIT_MS = 50;

/** Where runs are executed, and whether their histories are kept. */
export interface RunnerOptions {
  /** Processes to run side by side on this machine; if not given, one a core, or fewer where memory or a quota allow no more. */
  workers?: number;
  /**
   * Keeps each history as soon as its run has ended, takes from there what was kept before, and has long runs here (not
   * those of a queue) continue from their last checkpoint if the program was killed: `true` for `.cache/runs.sqlite` in the clone, or a file's name. If not
   * given, the environment's `RUNS_STORE` (`1`, or a file's name) decides; without it everything is computed afresh and
   * nothing is kept.
   */
  store?: boolean | string;
  /**
   * Hands the runs to the machines on which `npm run worker` serves this Redis (`redis://…`, or `rediss://…` for TLS)
   * rather than to processes here. If not given, the environment's `RUNS_REDIS_URL`.
   */
  redisUrl?: string;
  /**
   * The share of the histories from other machines, 0 … 1, that processes here compute again and compare to the last bit:
   * 0.02 finds a worker that computes wrongly after about 50 of its runs. 0 if not given.
   */
  verify?: number;
}

export interface RunAllOptions extends RunnerOptions {
  /** Called as a run makes progress: the run's index, the updates it has made, and how many there will be. */
  onProgress?: (index: number, done: number, total: number) => void;
  /** Ends all runs when aborted; `runAll` then throws the signal's reason. */
  signal?: AbortSignal;
}

/** Some of the runs failed. The others were finished first, and their histories are in `histories`. */
export class RunsFailed extends Error {
  constructor(
    readonly failures: { index: number; spec: RunSpec; error: Error }[],
    /** In the order of the specs; `undefined` where a run failed, or came from a worker that computes wrongly. */
    readonly histories: (History | undefined)[],
  ) {
    const [first] = failures;
    super(
      `${failures.length} of ${histories.length} runs failed; run ${first.index}: ${first.error.message}\n` +
        `its spec: ${JSON.stringify(first.spec)}`,
    );
    this.name = "RunsFailed";
  }
}

/**
 * Executes independent runs side by side, one process a core if memory allows it, each on a single thread. A run whose
 * process the system kills begins again, with fewer beside it.
 * Any number of processes or machines of one kind gives the same histories, to the last bit.
 *
 * @returns the histories in the order of the specs.
 * @throws TypeError naming the field before anything runs if a spec is not one; {@link RunsFailed}
 * after the other runs have ended if some failed; the signal's reason if aborted.
 */
export async function runAll(
  specs: RunSpec[],
  { onProgress, signal, ...where }: RunAllOptions = {},
): Promise<History[]> {
  specs = specs.map(parseRunSpec);
  signal?.throwIfAborted();
  const runner = await openRunner({ ...where, signal });
  try {
    const results = await Promise.allSettled(
      specs.map((spec, index) =>
        runner.run(spec, { signal, onProgress: (done, total) => onProgress?.(index, done, total) }),
      ),
    );
    signal?.throwIfAborted();
    const failures = results.flatMap((result, index) =>
      result.status === "rejected" ? [{ index, spec: specs[index], error: result.reason as Error }] : [],
    );
    const untrusted = failures.flatMap(({ error }) => (error instanceof UntrustedWorker ? error.histories : []));
    const histories = results.map((result) =>
      result.status === "fulfilled" && !untrusted.includes(result.value) ? result.value : undefined,
    );
    if (failures.length > 0) throw new RunsFailed(failures, histories);
    return histories as History[];
  } finally {
    await runner.close();
  }
}

/**
 * What `runAll` executes runs with, for searches that decide by the first runs which ones come next.
 * Equal specs are run once. Close it when done.
 *
 * @param options.signal ends the wait for a Redis that does not answer.
 * @throws RangeError if `workers` is not a whole number from 1 on or `verify` not a share; an Error that says what to do if
 * the store or the Redis cannot be used; the signal's reason if aborted.
 */
export async function openRunner({
  workers,
  store,
  redisUrl = process.env.RUNS_REDIS_URL,
  verify = 0,
  signal,
}: RunnerOptions & { signal?: AbortSignal } = {}): Promise<Runner> {
  if (typeof verify !== "number" || !(verify >= 0 && verify <= 1)) {
    throw new RangeError(`verify: expected a share from 0 to 1, got ${String(verify)}`);
  }
  signal?.throwIfAborted();
  const whenFree = new WhenFree();
  const opened = await openStore(store ?? process.env.RUNS_STORE, whenFree, signal);
  const checkpoints = opened && new CheckpointFolder(`${opened.file}.checkpoints`);
  try {
    const runner = redisUrl
      ? await openQueue(redisUrl, { workers, verify, signal }, opened)
      : new ProcessPool(workers, checkpoints);
    const whole = opened ? stored(runner, opened, checkpoints!, whenFree) : runner;
    return new SharedRuns(QUICK ? shortened(whole) : whole);
  } catch (error) {
    opened?.close();
    throw error;
  }
}

// The database and the queue are loaded only when they are used.
async function openStore(
  store: boolean | string | undefined,
  whenFree: WhenFree,
  signal?: AbortSignal,
): Promise<RunStore | undefined> {
  if (!store) return undefined;
  const { DEFAULT_STORE, RunStore } = await import("./store.js");
  const file = store === true || store === "1" ? DEFAULT_STORE : store;
  return whenFree.do(() => new RunStore(file, STORE_WAIT_MS), signal);
}

async function openQueue(
  redisUrl: string,
  { workers, verify = 0, signal }: Pick<RunnerOptions, "workers" | "verify"> & { signal?: AbortSignal },
  store: RunStore | undefined,
): Promise<Runner> {
  const { RunQueue } = await import("./remote/client.js");
  const queue = await RunQueue.connect(redisUrl, signal);
  if (verify === 0) return queue;
  try {
    const { verified } = await import("./remote/verified.js");
    return verified(queue, new ProcessPool(workers), verify, store);
  } catch (error) {
    await queue.close();
    throw error;
  }
}

/** A run that was asked for, and what ends it. */
interface Shared {
  history: Promise<History>;
  signal?: AbortSignal;
}

/** Executes equal specs once: every caller gets the same history. A run that failed is tried again when asked for again. */
export class SharedRuns implements Runner {
  private readonly runs = new Map<string, Shared>();

  constructor(private readonly runner: Runner) {}

  async run(...[spec, options = {}]: Parameters<Runner["run"]>): Promise<History> {
    const { onProgress, signal } = options;
    signal?.throwIfAborted();
    const key = runKey(spec);
    const shared = this.runs.get(key);
    if (!shared) return this.start(key, spec, options);
    let history: History;
    try {
      history = await unlessAborted(shared.history, signal);
    } catch (error) {
      const isGivenUp = shared.signal?.aborted && !signal?.aborted; // by whoever asked first, but not by this caller
      if (isGivenUp) return this.run(spec, options);
      throw error;
    }
    const updates = updatesOf(spec);
    onProgress?.(updates, updates);
    return history;
  }

  private start(key: string, ...[spec, options]: Parameters<Runner["run"]>): Promise<History> {
    const { onProgress, signal } = options ?? {};
    const failure = new AbortController();
    const report = (...progress: [done: number, total: number]) => {
      try {
        onProgress?.(...progress);
      } catch (error) {
        failure.abort(error); // thrown on, it would end the process
      }
    };
    const stop = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
    const history = this.runner.run(spec, { ...options, onProgress: report, signal: stop });
    this.runs.set(key, { history, signal });
    history.catch(() => this.runs.delete(key));
    return history;
  }

  close(): Promise<void> {
    return this.runner.close();
  }
}

/** @throws the signal's reason as soon as it is aborted */
async function unlessAborted<T>(result: Promise<T>, signal?: AbortSignal): Promise<T> {
  let ended = () => {};
  const abortion = new Promise<never>((_, reject) => (ended = whenAborted(signal, () => reject(signal!.reason))));
  return Promise.race([result, abortion]).finally(ended);
}

/** Takes histories from the store if they are there, and keeps those of new runs. */
function stored(runner: Runner, store: RunStore, checkpoints: CheckpointFolder, whenFree: WhenFree): Runner {
  let asked = 0;
  let found = 0;
  let unkept = 0;
  return {
    async run(spec, options) {
      asked++;
      const old = await whenFree.do(() => store.get(spec), options?.signal);
      if (old) {
        found++;
        checkpoints.delete(spec); // of a process that was killed after it had stored the history
        options?.onProgress?.(old.iterations, old.iterations);
        return old;
      }
      const history = await runner.run(spec, options);
      try {
        await whenFree.do(() => store.set(spec, history), options?.signal);
        checkpoints.delete(spec);
      } catch (error) {
        // The history is worth more than its copy: the search goes on without keeping this one.
        if (unkept++ === 0) console.warn((error as Error).message);
      }
      return history;
    },
    async close() {
      await runner.close();
      store.close();
      console.log(`${found} of ${asked} runs were found in ${store.file}.`);
      if (unkept > 0) console.warn(`${unkept} of the ${asked - found} new ones could not be kept there.`);
    },
  };
}

/** Executes a tenth of each run, in which its learning rate rises and falls as in the whole. */
function shortened(runner: Runner): Runner {
  return {
    run: (spec, options) => runner.run(tenthOf(spec), options),
    close: () => runner.close(),
  };
}

function tenthOf({ optimizer, ...spec }: RunSpec): RunSpec {
  const { schedule } = optimizer;
  return {
    ...spec,
    ...(spec.iterations ? { iterations: quickly(spec.iterations) } : tenthOfEpochs(spec.epochs!, spec.evaluateEvery)),
    optimizer: schedule ? { ...optimizer, schedule: stretched(schedule, quickly) } : optimizer,
  };
}

function tenthOfEpochs(epochs: number, evaluateEvery = 1): { epochs: number; evaluateEvery?: number } {
  const last = quickly(epochs - 1);
  // If accuracies are taken less often than once in the tenth, they are taken at its end.
  const every = Math.min(evaluateEvery, Math.max(last, 1));
  return { epochs: last - (last % every) + 1, ...(evaluateEvery > 1 && { evaluateEvery: every }) };
}
