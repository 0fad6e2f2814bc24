import { UpdateRule, type Grads, type Params } from "./optimizer";

/**
 * Gradient descent with momentum: the gradient pushes a velocity, and friction slows it.
 *
 * `v ← α v − η ∂L/∂W`  (6.3), from v = 0
 * `W ← W + v`  (6.4)
 *
 * The velocity has η in it, so it keeps what it gained before the rate was changed. PyTorch
 * multiplies by η at the end: a new rate there acts on the old velocity, too. As long as the rate is
 * the same, so are the updates.
 *
 * Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
 * https://doi.org/10.1016/0041-5553(64)90137-5
 */
export class Momentum extends UpdateRule {
  /**
   * @param learningRate η.
   * @param momentum α, the share of the velocity kept at each update.
   */
  constructor(
    learningRate = 0.01,
    public momentum = 0.9,
  ) {
    super(learningRate);
  }

  update(params: Params, grads: Grads): void {
    this.eachParameter(params, grads, (W, gradient, rate, name) => {
      const v = this.memory.of("velocity", name, W);
      v.assign(v.mul(this.momentum).sub(gradient.mul(rate)));
      W.assign(W.add(v));
    });
  }
}
