import { Network } from "../network";
import { Trainer, type History } from "../trainer";
import { checkpointOf } from "./checkpoint";
import { borrowSets } from "./data";
import { createOptimizer, parseRunSpec, updatesOf, type RunSpec } from "./spec";
import { Training, type Segment } from "./training";

export interface RunOptions {
  /** Called now and then with the number of updates made so far and how many there will be. */
  onProgress?: (done: number, total: number) => void;
  /** Ends the run at its next pause when aborted; `run` then throws the signal's reason. */
  signal?: AbortSignal;
}

/** How long training may hold the thread before others get a turn. The results do not depend on it. */
const TURN_MS = 100;

/** Updates in one graph: ten are hardly faster than five, and take twice as long to load. The results do not depend on it. */
const UPDATES_TOGETHER = 5;

/**
 * The largest share of the time that may go into handing checkpoints over: the more one costs, the rarer they are. To write
 * one takes up to three times as long (500 ms for 150 MB), so that together they stay below 1 %.
 */
const CHECKPOINT_SHARE = 1 / 400;

/**
 * Trains a network as the spec says: a pure function of it.
 *
 * @throws TypeError naming the field if the spec is not one; the signal's reason if aborted.
 */
export function run(spec: RunSpec, options: RunOptions = {}): Promise<History> {
  return runSegment(spec, { end: Infinity }, options);
}

/** Trains a part of a run. @returns the history of that part only. */
export async function runSegment(spec: RunSpec, segment: Segment, options: RunOptions = {}): Promise<History> {
  const { data, network: layers, optimizer: rule, ...trainerOptions } = parseRunSpec(spec);
  const { sets, release } = borrowSets({ data, record: trainerOptions.record });
  const network = new Network(layers, spec.seed);
  const optimizer = createOptimizer(rule);
  try {
    const trainer = new Trainer(network, optimizer, sets, trainerOptions);
    return await train(trainer, segment, updatesOf(spec), options);
  } finally {
    network.dispose();
    optimizer.dispose();
    release();
  }
}

/** @param total the updates of the whole run */
async function train(
  trainer: Trainer,
  segment: Segment,
  total: number,
  { onProgress, signal }: RunOptions,
): Promise<History> {
  const training = new Training(trainer, segment);

  let turnEnds = Date.now() + TURN_MS;
  const turn = async () => {
    if (Date.now() < turnEnds) return;
    onProgress?.(training.recorded, total);
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    turnEnds = Date.now() + TURN_MS;
  };

  const { onTrained, onCheckpoint, checkpointEveryMs = Infinity } = segment;
  let checkpointDue = Date.now() + checkpointEveryMs;
  const keepCheckpoint = async () => {
    const begun = Date.now();
    if (begun < checkpointDue || training.defersAccuracies) return;
    await onCheckpoint?.({ history: trainer.history, checkpoint: checkpointOf(trainer) });
    const ended = Date.now();
    checkpointDue = ended + Math.max(checkpointEveryMs, (ended - begun) / CHECKPOINT_SHARE);
  };

  try {
    while (training.advance(UPDATES_TOGETHER)) {
      await turn();
      await keepCheckpoint();
    }
    await onTrained?.(checkpointOf(trainer));
    while (training.measure()) await turn();
    onProgress?.(training.recorded, total);
    return trainer.history;
  } finally {
    training.dispose();
  }
}
