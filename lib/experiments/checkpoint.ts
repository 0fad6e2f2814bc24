/**
 * How a run continues: in the next segment of a divided run, in a longer run of the same spec, and after the program was
 * killed. In each case the history is the one of the run trained in one piece, to the last bit.
 */
import { restore, snapshot, type Snapshot } from "../engine/snapshot";
import type { MemoryState } from "../optimizers";
import type { StreamState } from "../random";
import type { History, Trainer } from "../trainer";

/** All that training depends on from here on. */
export interface Checkpoint {
  /** Updates made. */
  done: number;
  /** As in the history: the updates made before training diverged, if it did. */
  iterations: number;
  divergedAt: number | null;
  variables: Snapshot;
  memory?: MemoryState;
  batches: StreamState;
  masks: StreamState;
}

/** The first updates of a run: all that was recorded of them, and the checkpoint at their end. */
export interface Prefix {
  history: History;
  checkpoint: Checkpoint;
}

export function checkpointOf({ network, optimizer, history, batches, done }: Trainer): Checkpoint {
  return {
    done,
    iterations: history.iterations,
    divergedAt: history.divergedAt,
    variables: snapshot(network.variables),
    memory: optimizer.memory?.state(),
    batches: batches.state(),
    masks: network.masks.state(),
  };
}

/** Puts a new trainer of the same spec where the checkpoint was taken. It records what comes after. */
export function continueFrom(checkpoint: Checkpoint, trainer: Trainer): void {
  const { done, iterations, divergedAt, variables, memory, batches, masks } = checkpoint;
  trainer.done = done;
  Object.assign(trainer.history, { iterations, divergedAt });
  restore(trainer.network.variables, variables);
  if (memory) trainer.optimizer.memory!.restore(memory);
  trainer.batches.restore(batches);
  trainer.network.masks.restore(masks);
}
