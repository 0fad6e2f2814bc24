import { UpdateRule, type Grads, type Params } from "./optimizer";

/** Added to √h so that h = 0 does not divide by zero. */
const EPSILON = 1e-7;

/**
 * AdaGrad: each element has its own learning rate, which shrinks as squared gradients add up.
 *
 * `h ← h + ∂L/∂W ⊙ ∂L/∂W`  (6.5), from h = 0
 * `W ← W − η (1 / √h) ∂L/∂W`  (6.6), with 1e-7 added to √h (PyTorch: 1e-10)
 *
 * float32 cannot hold the square of a gradient above 1.8e19: h is then infinite, and the weight
 * stands still for ever.
 *
 * Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
 * Optimization", 2011. https://jmlr.org/papers/v12/duchi11a.html
 */
export class AdaGrad extends UpdateRule {
  /** @param learningRate η. */
  constructor(learningRate = 0.01) {
    super(learningRate);
  }

  update(params: Params, grads: Grads): void {
    this.eachParameter(params, grads, (W, gradient, rate, name) => {
      const h = this.memory.of("squares", name, W);
      h.assign(h.add(gradient.square()));
      W.assign(W.sub(gradient.mul(rate).div(h.sqrt().add(EPSILON))));
    });
  }
}
