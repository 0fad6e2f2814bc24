import type { tf } from "./backend";

/** What writes a step down while it is called. */
export interface Listener {
  /** Calls `make`, and notes that the tensor it gives is made anew for each call of the step. */
  changing(make: () => tf.Tensor): tf.Tensor;
  start(): void;
  stop(): void;
}

let listener: Listener | undefined;

/** The one there is, if a step is being written down. */
export const currentListener = (): Listener | undefined => listener;

export function setListener(next: Listener | undefined): void {
  listener = next;
}

/** A tensor that is another one in each call of a step: rows to learn from, a mask, a rate that decays. */
export function changing(make: () => tf.Tensor): tf.Tensor {
  return listener ? listener.changing(make) : make();
}

/** Looks at tensors aside from the step that is being written down, if one is: that is no part of it. */
export function unrecorded<T>(look: () => T): T {
  const listening = listener;
  listening?.stop();
  try {
    return look();
  } finally {
    listening?.start();
  }
}
