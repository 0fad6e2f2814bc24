import { UpdateRule, type Grads, type Params } from "./optimizer";

/** Added to √v so that v = 0 does not divide by zero. */
const EPSILON = 1e-7;

/**
 * Adam: a running mean of the gradient over the root of RMSProp's running mean of its square, both
 * corrected for starting at 0.
 *
 * `m ← β₁ m + (1 − β₁) ∂L/∂W`, from m = 0
 * `v ← β₂ v + (1 − β₂) ∂L/∂W ⊙ ∂L/∂W`, from v = 0
 * `W ← W − η_t m / (√v + 1e-7)`, `η_t = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)` at update t
 *
 * Frameworks add their ε (PyTorch: 1e-8) to the root of the corrected v. The 1e-7 here is one of
 * 1e-7 / √(1 − β₂ᵗ) there: 3e-6 at the first update.
 *
 * Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, in the form at the end of its
 * section 2, with η for the paper's α. https://arxiv.org/abs/1412.6980
 */
export class Adam extends UpdateRule {
  /**
   * @param learningRate η.
   * @param beta1 β₁, the share of the running mean of the gradient kept at each update.
   * @param beta2 β₂, the share of the running mean of its square kept at each update.
   */
  constructor(
    learningRate = 0.001,
    public beta1 = 0.9,
    public beta2 = 0.999,
  ) {
    super(learningRate);
  }

  update(params: Params, grads: Grads): void {
    this.eachParameter(params, grads, (W, gradient, rate, name) => {
      const m = this.memory.of("mean", name, W);
      const v = this.memory.of("squares", name, W);
      m.assign(m.mul(this.beta1).add(gradient.mul(1 - this.beta1)));
      v.assign(v.mul(this.beta2).add(gradient.square().mul(1 - this.beta2)));
      W.assign(W.sub(m.mul(rate).div(v.sqrt().add(EPSILON))));
    });
  }

  /** η_t */
  protected override correctedRateAt(t: number): number {
    return (this.rateAt(t) * Math.sqrt(1 - this.beta2 ** t)) / (1 - this.beta1 ** t);
  }
}
