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
 */
export function numericalGradient(loss: () => number, params: Params, h = 1e-2): Grads {
  const grads: Grads = {};
  for (const [name, parameter] of Object.entries(params)) {
    const values = parameter.dataSync().slice();
    const gradient = new Float32Array(values.length);
    const lossAt = (i: number, value: number): number => {
      const moved = values.slice();
      moved[i] = value;
      tf.tidy(() => parameter.assign(tf.tensor(moved, parameter.shape)));
      return loss();
    };
    for (let i = 0; i < values.length; i++) {
      gradient[i] = (lossAt(i, values[i] + h) - lossAt(i, values[i] - h)) / (2 * h);
    }
    tf.tidy(() => parameter.assign(tf.tensor(values, parameter.shape)));
    grads[name] = tf.tensor(gradient, parameter.shape);
  }
  return grads;
}
