import { add, div, mul, sqrt, square, sub } from "../engine/operations";
import { eachParameter, Memory, type Grads, type Optimizer, type Params } from "./optimizer";

/** Keeps a division by √h from being one by 0. */
const EPSILON = 1e-7;

/**
 * RMSProp: AdaGrad that forgets, so that its steps do not shrink to nothing.
 *
 * `h ← ρ h + (1 − ρ) ∂L/∂W ⊙ ∂L/∂W`
 * `W ← W − η (1 / √h) ∂L/∂W`, with 1e-7 added to √h
 *
 * Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning, 2012.
 * https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
 */
export class RMSProp implements Optimizer {
  readonly memory = new Memory();

  /**
   * @param learningRate η.
   * @param decayRate ρ, the share of the past that is left after a step.
   */
  constructor(
    readonly learningRate = 0.01,
    readonly decayRate = 0.99,
  ) {}

  update(params: Params, grads: Grads): void {
    eachParameter(params, grads, (W, gradient, name) => {
      const h = this.memory.of("squares", name, W);
      h.assign(add(mul(this.decayRate, h), mul(1 - this.decayRate, square(gradient))));
      W.assign(sub(W, div(mul(this.learningRate, gradient), add(sqrt(h), EPSILON))));
    });
  }

  dispose(): void {
    this.memory.dispose();
  }
}
