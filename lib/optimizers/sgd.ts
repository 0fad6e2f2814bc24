import { UpdateRule, type Grads, type Params } from "./optimizer";

/**
 * Stochastic gradient descent: a step against the gradient, in proportion to it.
 *
 * `W ← W − η ∂L/∂W`  (6.1)
 *
 * Robbins and Monro, "A Stochastic Approximation Method", 1951. https://doi.org/10.1214/aoms/1177729586
 */
export class SGD extends UpdateRule {
  /** @param learningRate η. */
  constructor(learningRate = 0.01) {
    super(learningRate);
  }

  update(params: Params, grads: Grads): void {
    this.eachParameter(params, grads, (W, gradient, rate) => {
      W.assign(W.sub(gradient.mul(rate)));
    });
  }
}
