import { tf } from "../engine/backend";

/**
 * A layer of a network. `forward` keeps what `backward` needs, so `backward` belongs to the last
 * `forward`. Tensors that either returns or keeps live as long as the enclosing `tf.tidy`.
 */
export interface Layer {
  /** `x` `[batch, units]` → output. `training` matters only to Dropout and BatchNormalization. */
  forward(x: tf.Tensor, training?: boolean): tf.Tensor;
  /** The gradient of the loss at the output → its gradient at the input. */
  backward(dout: tf.Tensor): tf.Tensor;
}

/**
 * What `forward` kept for `backward`.
 *
 * @param dout the gradient at the output, for a layer whose output has the shape of what it keeps.
 * @throws if `forward` has not been called yet, if its tensors are gone, or if `dout` has another shape.
 */
export function kept<T extends tf.Tensor | Record<string, tf.Tensor>>(
  value: T | undefined,
  layer: string,
  dout?: tf.Tensor,
): T {
  if (value === undefined) throw new Error(`${layer}: backward before forward; call forward(x) first`);
  const tensors = value instanceof tf.Tensor ? [value] : Object.values(value);
  if (tensors.some(({ isDisposed }) => isDisposed))
    throw new Error(`${layer}: what forward kept has been freed; call forward and backward in the same tf.tidy`);
  if (dout) checkGradient(dout, tensors[0].shape, layer);
  return value;
}

/** A gradient of fewer rows would be repeated in silence. @throws Error unless `dout` has the shape of the layer's output. */
export function checkGradient(dout: tf.Tensor, output: number[], layer: string): void {
  if (tf.util.arraysEqual(dout.shape, output)) return;
  throw new Error(
    `${layer}: expected dout of the output's shape, [${output.join(", ")}], got [${dout.shape.join(", ")}]`,
  );
}
