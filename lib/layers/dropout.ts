import { checked, share } from "../checked";
import { tf } from "../engine/backend";
import { changing } from "../engine/changing";
import type { RandomStream } from "../random";
import { kept, type Layer } from "./layer";

/**
 * Dropout: in training every unit is left out with probability `rate`, independently for each image of the batch.
 *
 * As in the chapter, the output is `x ⊙ mask` in training and `x · (1 − rate)` in evaluation, so that a unit's expected
 * output is the same in both. `inverted` moves the factor into training, `x ⊙ mask / (1 − rate)`, and leaves `x`
 * unchanged in evaluation, as frameworks do.
 *
 * Backward is as in ReLU: `dx = dout ⊙ mask`, with the same factor as in forward. Where nothing was passed on, no gradient
 * comes back.
 *
 * Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
 * https://jmlr.org/papers/v15/srivastava14a.html
 */
export class Dropout implements Layer {
  private mask?: tf.Tensor;

  /**
   * @param rate the probability that a unit is left out, `0 ≤ rate < 1`.
   * @param stream where the masks come from.
   * @param inverted whether the factor is in training instead of in evaluation.
   * @throws TypeError if the rate is out of range.
   */
  constructor(
    public rate: number,
    private readonly stream: RandomStream,
    readonly inverted = false,
  ) {
    checked(share, rate, "Dropout: rate");
  }

  /** @param x `[batch, units]`; the output has the same shape. In training, each call draws a new mask. */
  forward(x: tf.Tensor, training = false): tf.Tensor {
    const survival = 1 - checked(share, this.rate, "Dropout: rate");
    if (!training) return this.inverted ? x : x.mul(survival);
    const scale = this.inverted ? 1 / survival : 1;
    const mask = changing(() => {
      const values = new Float32Array(x.size);
      for (let i = 0; i < values.length; i++) if (this.stream.uniform() >= this.rate) values[i] = scale;
      return tf.tensor(values, x.shape);
    });
    this.mask = mask;
    return x.mul(mask);
  }

  /**
   * @param dout the gradient with respect to the output, `[batch, units]`.
   * @returns the gradient with respect to the input of the last forward in training.
   * @throws Error if there was none, or if `dout` has another shape.
   */
  backward(dout: tf.Tensor): tf.Tensor {
    return dout.mul(kept(this.mask, "Dropout", dout));
  }
}
