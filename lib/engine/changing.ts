import type { tf } from "./backend";

/** Records a step while it is called. */
export interface Listener {
  /** Calls `make`, and notes that the tensor it returns is made again for each call of the step. */
  changing(make: () => tf.Tensor): tf.Tensor;
  start(): void;
  stop(): void;
}

let listener: Listener | undefined;

/** The listener, if a step is being recorded. */
export const currentListener = (): Listener | undefined => listener;

export function setListener(next: Listener | undefined): void {
  listener = next;
}

/**
 * A tensor that differs at each call of a step: the rows of a mini-batch, a mask, a decaying rate.
 *
 * ```ts
 * const mask = changing(() => tf.tensor(stream.normals(n)));
 * ```
 *
 * @param make computes it, all of it: once the step runs as a graph, `make` alone is called, and anything from outside it
 * that is not a property keeps the value of the call that was recorded.
 */
export function changing(make: () => tf.Tensor): tf.Tensor {
  return listener ? listener.changing(make) : make();
}

/** Looks at tensors without this becoming part of the step being recorded, if one is. */
export function unrecorded<T>(look: () => T): T {
  const listening = listener;
  listening?.stop();
  try {
    return look();
  } finally {
    listening?.start();
  }
}
