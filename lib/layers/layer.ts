import type { tf } from "../engine/backend";

/**
 * One step of a network. `forward` keeps what `backward` needs, so `backward` belongs to the last
 * `forward`. Tensors that either returns or keeps live as long as the `tf.tidy` around them.
 */
export interface Layer {
  /** `x` `[batch, units]` → output. `training` matters to Dropout and BatchNormalization only. */
  forward(x: tf.Tensor, training?: boolean): tf.Tensor;
  /** The loss's gradient at the output → its gradient at the input. */
  backward(dout: tf.Tensor): tf.Tensor;
}

/** What `forward` kept for `backward`. Throws if there was no `forward` yet. */
export function kept<T>(value: T | undefined, layer: string): T {
  if (value === undefined) throw new Error(`${layer}: backward before forward; call forward(x) first`);
  return value;
}
