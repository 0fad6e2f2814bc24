import { tf } from "../engine/backend";
import { changing } from "../engine/changing";
import { eachParameter, Memory, type Grads, type Optimizer, type Params } from "./optimizer";

/** Added to √v so that v = 0 does not divide by zero. */
const EPSILON = 1e-7;

/**
 * Adam: Momentum's running mean of the gradient over RMSProp's running mean of its square, both
 * corrected for starting at 0.
 *
 * `m ← β₁ m + (1 − β₁) ∂L/∂W`
 * `v ← β₂ v + (1 − β₂) ∂L/∂W ⊙ ∂L/∂W`
 * `W ← W − η_t m / (√v + 1e-7)`, `η_t = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)`
 *
 * Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, in the form at the end of its
 * section 2. https://arxiv.org/abs/1412.6980
 */
export class Adam implements Optimizer {
  readonly memory = new Memory();

  /**
   * @param learningRate η.
   * @param beta1 β₁, the share of the running mean of the gradient kept at each step.
   * @param beta2 β₂, the share of the running mean of its square kept at each step.
   */
  constructor(
    public learningRate = 0.001,
    public beta1 = 0.9,
    public beta2 = 0.999,
  ) {}

  update(params: Params, grads: Grads): void {
    tf.tidy(() => {
      const rate = changing(() => {
        const t = ++this.memory.steps;
        return tf.scalar((this.learningRate * Math.sqrt(1 - this.beta2 ** t)) / (1 - this.beta1 ** t));
      });
      eachParameter(params, grads, (W, gradient, name) => {
        const m = this.memory.of("mean", name, W);
        const v = this.memory.of("squares", name, W);
        m.assign(m.mul(this.beta1).add(gradient.mul(1 - this.beta1)));
        v.assign(v.mul(this.beta2).add(gradient.square().mul(1 - this.beta2)));
        W.assign(W.sub(m.mul(rate).div(v.sqrt().add(EPSILON))));
      });
    });
  }

  dispose(): void {
    this.memory.dispose();
  }
}
