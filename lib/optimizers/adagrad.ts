import { add, div, mul, sqrt, square, sub } from "../engine/operations";
import { eachParameter, Memory, type Grads, type Optimizer, type Params } from "./optimizer";

/** Keeps a division by √h from being one by 0. */
const EPSILON = 1e-7;

/**
 * AdaGrad: each element has a learning rate of its own, smaller the more it has moved.
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
  constructor(readonly learningRate = 0.01) {}

  update(params: Params, grads: Grads): void {
    eachParameter(params, grads, (W, gradient, name) => {
      const h = this.memory.of("squares", name, W);
      h.assign(add(h, square(gradient)));
      W.assign(sub(W, div(mul(this.learningRate, gradient), add(sqrt(h), EPSILON))));
    });
  }

  dispose(): void {
    this.memory.dispose();
  }
}
