import type { tf } from "./engine/backend";
import { halfSumOfSquares } from "./engine/operations";

/**
 * A penalty that can be added to the loss to keep weights small: a norm of every weight matrix W, times λ.
 *
 * - `"L2"`: `½ λ Σ w²`, gradient `λ W`: shrinks each weight in proportion. The chapter's weight decay.
 * - `"L1"`: `λ Σ |w|`, gradient `λ sign W`: pulls each weight by the same amount, many of them to 0.
 * - `"max"`: `λ max |w|`, gradient `λ sign w` at the largest weight, 0 elsewhere: cuts the peaks.
 */
export type Norm = keyof typeof norms;

interface Penalty {
  value(W: tf.Tensor): tf.Tensor;
  gradient(W: tf.Tensor): tf.Tensor;
}

export const norms = {
  L2: {
    value: halfSumOfSquares,
    gradient: (W) => W,
  },
  L1: {
    value: (W) => W.abs().sum(),
    gradient: (W) => W.sign(),
  },
  max: {
    value: (W) => W.abs().max(),
    gradient: (W) => {
      const size = W.abs();
      return W.sign().mul(size.equal(size.max()).cast("float32"));
    },
  },
} satisfies Record<string, Penalty>;

/** The penalty of one weight matrix, without λ. @throws for a norm that is not one of the above. */
export function penalty(norm: Norm): Penalty {
  if (!Object.hasOwn(norms, norm)) {
    throw new Error(`weight decay: expected a norm among ${Object.keys(norms).join(", ")}, got ${String(norm)}`);
  }
  return norms[norm];
}
