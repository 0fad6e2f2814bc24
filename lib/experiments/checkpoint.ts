import { restore, snapshot, type Snapshot } from "../engine/snapshot";
import type { MemoryState } from "../optimizers";
import type { StreamState } from "../random";
import type { Trainer } from "../trainer";

/** All that it takes to go on with training elsewhere, to the last bit. */
export interface Checkpoint {
  /** Updates made. */
  done: number;
  /** As in the history: those before training diverged, if it did. */
  iterations: number;
  divergedAt: number | null;
  variables: Snapshot;
  memory?: MemoryState;
  batches: StreamState;
  masks: StreamState;
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

/** Has a trainer of the same spec go on from there. Its history begins there, too. */
export function goOnFrom(checkpoint: Checkpoint, trainer: Trainer): void {
  const { done, iterations, divergedAt, variables, memory, batches, masks } = checkpoint;
  trainer.done = done;
  Object.assign(trainer.history, { iterations, divergedAt });
  restore(trainer.network.variables, variables);
  if (memory) trainer.optimizer.memory!.restore(memory);
  trainer.batches.restore(batches);
  trainer.network.masks.restore(masks);
}
