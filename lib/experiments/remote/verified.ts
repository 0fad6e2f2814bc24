import { randomInt } from "node:crypto";
import type { History } from "../../trainer";
import { UntrustedWorker, type Runner } from "../runner";
import type { RunSpec } from "../spec";
import type { RunStore } from "../store";
import type { RunQueue } from "./client";

/** Resolution of the share. */
const PARTS = 2 ** 32;

/**
 * Executes runs through a queue, and computes a share of them here again: a worker that computes wrongly, on purpose or
 * because of its hardware, is found by the first of its histories that is. That run fails. What the worker had computed
 * before is taken out of the store, unless it was verified, and all that comes from it later is verified.
 *
 * Workers are told apart by the names that they give themselves: this finds a broken machine rather than an attacker, who
 * could take another name for each run.
 *
 * @param here computes the runs that are verified
 * @param share of the histories that are verified, 0 … 1
 */
export function verified(queue: RunQueue, here: Runner, share: number, store?: RunStore): Runner {
  const distrusted = new Set<string>();
  const unverified = new Map<string, { spec: RunSpec; history: History }[]>(); // by the worker's name

  // From the system's generator rather than from a seed: a worker that foresaw the choice could compute only those rightly.
  const isChosen = () => randomInt(PARTS) < share * PARTS;

  const reject = async (worker: string, difference: string): Promise<never> => {
    distrusted.add(worker);
    await new Promise(setImmediate); // until the histories that have just come from it are kept
    const others = unverified.get(worker) ?? [];
    unverified.delete(worker);
    const kept = forget(others, store);
    throw new UntrustedWorker(
      `worker ${worker} computes wrongly, or has another kind of processor than this machine: ${difference}. ` +
        `${others.length} other histories came from it unverified in this search${kept}`,
      others.map(({ history }) => history),
    );
  };

  return {
    async run(spec, options) {
      const { history, worker } = await queue.compute(spec, options);
      if (distrusted.has(worker) || isChosen()) {
        const difference = firstDifference(history, await here.run(spec, { signal: options?.signal }));
        if (difference) await reject(worker, difference);
      } else {
        const believed = unverified.get(worker) ?? [];
        unverified.set(worker, believed);
        believed.push({ spec, history });
      }
      return history;
    },

    async close() {
      await queue.close();
      await here.close();
    },
  };
}

/** @returns what is to be said of the store. */
function forget(computed: { spec: RunSpec }[], store: RunStore | undefined): string {
  if (!store || computed.length === 0) return "";
  try {
    for (const { spec } of computed) store.delete(spec);
    return ", and are no longer in the store";
  } catch (error) {
    return `, and some are still in the store: ${(error as Error).message}`;
  }
}

/** Where two histories of one run differ first, if they do. */
function firstDifference(there: History, here: History): string | undefined {
  for (const field of Object.keys(here) as (keyof History)[]) {
    const [values, own] = [there, here].map((history) => [history[field]].flat());
    const index = own.findIndex((value, i) => !Object.is(values[i], value));
    const place = Array.isArray(here[field]) ? `${field}[${index}]` : field;
    if (index >= 0) return `${place} is ${values[index]} there and ${own[index]} here`;
  }
  return undefined;
}
