import { Network } from "../network";
import { Trainer, type History } from "../trainer";
import { checkpointOf } from "./checkpoint";
import { borrowSets } from "./data";
import { createOptimizer, parseRunSpec, updatesOf, type RunSpec } from "./spec";
import { Training, type Segment } from "./training";

export interface RunOptions {
  /** Called now and then with the updates made so far and how many there will be. */
  onProgress?: (done: number, total: number) => void;
  /** Ends the run at the next pause; `run` then throws the signal's reason. */
  signal?: AbortSignal;
}

/** How long training may hold the thread before others get a turn. It changes no result. */
const TURN_MS = 100;

/** Updates in one graph: ten are hardly faster than five, and take twice as long to load. It changes no result. */
const UPDATES_TOGETHER = 5;

/**
 * Trains a network as the spec says: a pure function of it.
 *
 * @throws TypeError naming the field if the spec is not one; the signal's reason if aborted.
 */
export function run(spec: RunSpec, options: RunOptions = {}): Promise<History> {
  return runSegment(spec, undefined, options);
}

/** A part of a run, or all of it. The history has that part alone. */
export async function runSegment(
  spec: RunSpec,
  segment?: Segment,
  { onProgress, signal }: RunOptions = {},
): Promise<History> {
  spec = parseRunSpec(spec);
  const { sets, release } = borrowSets(spec);
  const network = new Network(spec.network, spec.seed);
  const optimizer = createOptimizer(spec.optimizer);
  const trainer = new Trainer(network, optimizer, sets, spec);
  const training = new Training(trainer, segment);
  const total = updatesOf(spec);
  let turnEnds = Date.now() + TURN_MS;
  const turn = async () => {
    if (Date.now() < turnEnds) return;
    onProgress?.(training.recorded, total);
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    turnEnds = Date.now() + TURN_MS;
  };
  try {
    while (training.advance(UPDATES_TOGETHER)) await turn();
    await segment?.onTrained?.(checkpointOf(trainer));
    while (training.measure()) await turn();
    onProgress?.(training.recorded, total);
    return trainer.history;
  } finally {
    training.dispose();
    network.dispose();
    optimizer.dispose();
    release();
  }
}
