import { tf } from "../engine/backend";
import { changing } from "../engine/changing";
import { Adam } from "./adam";
import type { Grads, Params } from "./optimizer";

/**
 * AdamW: Adam with decoupled weight decay, which shrinks every parameter by the same share at each update. Added to the
 * loss instead, the decay would pass through Adam's running means, which divide each gradient by its own size: a weight
 * that gets no other gradient would lose about η at each update, whatever λ is.
 *
 * `W ← W − η λ W`, then Adam's update
 *
 * Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2, with λ multiplied by η as
 * PyTorch has it. All parameters decay, biases too.
 * https://arxiv.org/abs/1711.05101
 */
export class AdamW extends Adam {
  /**
   * @param learningRate η.
   * @param beta1 β₁, the share of the running mean of the gradient kept at each update.
   * @param beta2 β₂, the share of the running mean of its square kept at each update.
   * @param weightDecay λ; each update shrinks every parameter by the factor 1 − ηλ.
   */
  constructor(
    learningRate = 0.001,
    beta1 = 0.9,
    beta2 = 0.999,
    public weightDecay = 0.01,
  ) {
    super(learningRate, beta1, beta2);
  }

  override update(params: Params, grads: Grads): void {
    this.check(params, grads);
    tf.tidy(() => {
      const kept = changing(() => tf.scalar(1 - this.rateAt(this.memory.steps + 1) * this.weightDecay));
      for (const W of Object.values(params)) W.assign(W.mul(kept));
      super.update(params, grads);
    });
  }
}
