import { UpdateRule, type Grads, type Params } from "./optimizer";

/**
 * Nesterov's momentum: the gradient is taken where the velocity is about to lead. This form needs it
 * only where the weights are, as it stores the weights already moved ahead:
 *
 * `v ← α v − η ∂L/∂W`, from v = 0
 * `W ← W + α v − η ∂L/∂W`
 *
 * As in Momentum, a new rate does not act on the velocity that is there already, while PyTorch's
 * does.
 *
 * Bengio, Boulanger-Lewandowski and Pascanu, "Advances in Optimizing Recurrent Networks", 2012,
 * equations 6 and 7. https://arxiv.org/abs/1212.0901
 */
export class Nesterov extends UpdateRule {
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
      const push = gradient.mul(rate);
      v.assign(v.mul(this.momentum).sub(push));
      W.assign(W.add(v.mul(this.momentum)).sub(push));
    });
  }
}
