import { eachParameter, Memory, type Grads, type Optimizer, type Params } from "./optimizer";

/**
 * Gradient descent with momentum: the gradient pushes a velocity, and friction slows it.
 *
 * `v ← α v − η ∂L/∂W`  (6.3)
 * `W ← W + v`  (6.4)
 *
 * Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
 * https://doi.org/10.1016/0041-5553(64)90137-5
 */
export class Momentum implements Optimizer {
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
      v.assign(v.mul(this.momentum).sub(gradient.mul(this.learningRate)));
      W.assign(W.add(v));
    });
  }

  dispose(): void {
    this.memory.dispose();
  }
}
