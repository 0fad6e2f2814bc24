import { eachParameter, Memory, type Grads, type Optimizer, type Params } from "./optimizer";

/**
 * Nesterov's momentum: the gradient is taken where the velocity is about to lead. This form needs it
 * only where the weights are, as it stores the weights already moved ahead:
 *
 * `v ← α v − η ∂L/∂W`
 * `W ← W + α v − η ∂L/∂W`
 *
 * Bengio, Boulanger-Lewandowski and Pascanu, "Advances in Optimizing Recurrent Networks", 2012,
 * equations 6 and 7. https://arxiv.org/abs/1212.0901
 */
export class Nesterov implements Optimizer {
  readonly memory = new Memory();

  /**
   * @param learningRate η.
   * @param momentum α, the share of the velocity kept at each step.
   */
  constructor(
    public learningRate = 0.01,
    public momentum = 0.9,
  ) {}

  update(params: Params, grads: Grads): void {
    eachParameter(params, grads, (W, gradient, name) => {
      const v = this.memory.of("velocity", name, W);
      const push = gradient.mul(this.learningRate);
      v.assign(v.mul(this.momentum).sub(push));
      W.assign(W.add(v.mul(this.momentum)).sub(push));
    });
  }

  dispose(): void {
    this.memory.dispose();
  }
}
