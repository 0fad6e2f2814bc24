import type { tf } from "./engine/backend";
import { halfSumOfSquares, total } from "./engine/operations";

/**
 * A penalty that can be added to the loss to keep weights small: a norm of every weight matrix W, times λ.
 *
 * - `"L2"`: `½ λ Σ w²`, half the square of the L2 norm `√Σ w²`; gradient `λ W`. Shrinks each weight in proportion. The
 *   chapter's weight decay.
 * - `"L1"`: `λ Σ |w|`, gradient `λ sign W`. Pulls each weight towards 0 by the same amount, and many of them stay near it.
 * - `"max"`: `λ max |w|`, the L∞ norm; gradient `λ sign w` at the largest weight, 0 elsewhere. Cuts the peaks.
 *   Of several equal ones each has the whole gradient, which PyTorch divides among them.
 */
export type Norm = keyof typeof norms;

interface Penalty {
  /** The penalty of one weight matrix, a scalar, without λ. */
  value(W: tf.Tensor): tf.Tensor;
  /** Its gradient, of the shape of W. */
  gradient(W: tf.Tensor): tf.Tensor;
}

export const norms = {
  L2: {
    value: halfSumOfSquares,
    gradient: (W) => W,
  },
  L1: {
    value: (W) => total(W.abs()),
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

/**
 * The penalty with a norm's name.
 *
 * @throws Error if there is no norm of that name
 */
export function penalty(norm: Norm): Penalty {
  if (!Object.hasOwn(norms, norm)) {
    throw new Error(`weight decay: expected a norm among ${Object.keys(norms).join(", ")}, got ${String(norm)}`);
  }
  return norms[norm];
}
