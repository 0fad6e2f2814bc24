import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as workerpool from "workerpool";
import type { History } from "../trainer";
import { parseRunSpec, type RunSpec } from "./spec";

export interface RunAllOptions {
  /** Processes to run side by side; one a core if not said. */
  workers?: number;
  /** Called whenever a run gets on: which one, the updates it has made and how many there will be. */
  onProgress?: (index: number, done: number, total: number) => void;
  /** Ends all runs when aborted; `runAll` then throws the signal's reason. */
  signal?: AbortSignal;
}

/** Some of the runs failed. The others were finished first: their histories are in `histories`. */
export class RunsFailed extends Error {
  constructor(
    readonly failures: { index: number; spec: RunSpec; error: Error }[],
    /** In the order of the specs; `undefined` where a run failed. */
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
 * Executes independent runs side by side, one process a core, each on a single thread.
 * Any number of processes gives the same histories, to the last bit.
 *
 * @returns the histories in the order of the specs.
 * @throws TypeError naming the field before anything runs if a spec is not one; {@link RunsFailed}
 * after the other runs have ended if some failed; the signal's reason if aborted.
 */
export async function runAll(
  specs: RunSpec[],
  { workers = availableParallelism(), onProgress, signal }: RunAllOptions = {},
): Promise<History[]> {
  specs.forEach(parseRunSpec);
  signal?.throwIfAborted();
  const pool = workerpool.pool(join(__dirname, "worker.js"), {
    workerType: "process",
    minWorkers: Math.min(workers, specs.length),
    maxWorkers: workers,
  });
  const stop = () => void pool.terminate(true);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const results = await Promise.allSettled(
      specs.map((spec, index) =>
        pool.exec("run", [spec], { on: ({ done, total }) => onProgress?.(index, done, total) }),
      ),
    );
    signal?.throwIfAborted();
    const failures = results.flatMap((result, index) =>
      result.status === "rejected" ? [{ index, spec: specs[index], error: result.reason as Error }] : [],
    );
    const histories = results.map((result) => (result.status === "fulfilled" ? (result.value as History) : undefined));
    if (failures.length > 0) throw new RunsFailed(failures, histories);
    return histories as History[];
  } finally {
    signal?.removeEventListener("abort", stop);
    await pool.terminate();
  }
}
