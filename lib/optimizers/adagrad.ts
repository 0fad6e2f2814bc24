import { eachParameter, Memory, type Grads, type Optimizer, type Params } from "./optimizer";

/** Added to √h so that h = 0 does not divide by zero. */
const EPSILON = 1e-7;

/**
 * AdaGrad: each element has its own learning rate, which shrinks as squared gradients add up.
 *
 * `h ← h + ∂L/∂W ⊙ ∂L/∂W`  (6.5)
 * `W ← W − η (1 / √h) ∂L/∂W`  (6.6), with 1e-7 added to √h
 *
 * Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
 * Optimization", 2011. https://jmlr.org/papers/v12/duchi11a.html
 */
export class AdaGrad implements Optimizer {
  readonly memory = new Memory();

  /** @param learningRate η. */
  constructor(public learningRate = 0.01) {}

  update(params: Params, grads: Grads): void {
    eachParameter(params, grads, (W, gradient, name) => {
      const h = this.memory.of("squares", name, W);
      h.assign(h.add(gradient.square()));
      W.assign(W.sub(gradient.mul(this.learningRate).div(h.sqrt().add(EPSILON))));
    });
  }

  dispose(): void {
    this.memory.dispose();
  }
}
