import { tf } from "../engine/backend";
import type { Grads, Params } from "../optimizers";

/**
 * The gradient of `loss` with respect to every parameter by central differences,
 * `∂L/∂w ≈ (L(w + h) − L(w − h)) / 2h`: slow, but it needs no derivation, so it can check one.
 *
 * TensorFlow computes in float32, whose rounding is divided by 2h: a much smaller `h` makes the
 * result worse. Expect agreement to about 1e-3.
 *
 * @param loss reads the parameters and returns the loss as a number; called twice per element.
 * @throws RangeError if `h` is not a positive number, or a loss is not finite; what `loss` throws. The parameters then have
 * the values that they had.
 */
export function numericalGradient(loss: () => number, params: Params, h = 1e-2): Grads {
  if (!(h > 0 && h < Infinity)) throw new RangeError(`numericalGradient: expected h to be a positive number, got ${h}`);
  const gradientOf = (name: string): tf.Tensor => {
    const parameter = params[name];
    const values = parameter.dataSync().slice();
    const assign = (to: typeof values) => tf.tidy(() => parameter.assign(tf.tensor(to, parameter.shape)));
    const lossAt = (i: number, value: number): number => {
      const moved = values.slice();
      moved[i] = value;
      assign(moved);
      const found = loss();
      if (Number.isFinite(found)) return found;
      throw new RangeError(`numericalGradient: expected a finite loss with ${name}[${i}] = ${value}, got ${found}`);
    };
    try {
      const slopes = Float32Array.from(values, (value, i) => (lossAt(i, value + h) - lossAt(i, value - h)) / (2 * h));
      return tf.tensor(slopes, parameter.shape);
    } finally {
      assign(values);
    }
  };
  return tf.tidy(() => Object.fromEntries(Object.keys(params).map((name) => [name, gradientOf(name)])));
}
