import { eachParameter, type Grads, type Optimizer, type Params } from "./optimizer";

/**
 * Stochastic gradient descent: a fixed step against the gradient.
 *
 * `W ← W − η ∂L/∂W`  (6.1)
 *
 * Robbins and Monro, "A Stochastic Approximation Method", 1951. https://doi.org/10.1214/aoms/1177729586
 */
export class SGD implements Optimizer {
  /** @param learningRate η, the length of a step relative to the gradient. */
  constructor(public learningRate = 0.01) {}

  update(params: Params, grads: Grads): void {
    eachParameter(params, grads, (W, gradient) => {
      W.assign(W.sub(gradient.mul(this.learningRate)));
    });
  }

  dispose(): void {}
}
