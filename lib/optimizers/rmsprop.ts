import { eachParameter, Memory, type Grads, type Optimizer, type Params } from "./optimizer";

/** Added to √h so that h = 0 does not divide by zero. */
const EPSILON = 1e-7;

/**
 * RMSProp: AdaGrad with a running mean of the squares instead of their sum, so that its steps do not
 * shrink to nothing.
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
   * @param decayRate ρ, the share of the running mean kept at each step.
   */
  constructor(
    public learningRate = 0.01,
    public decayRate = 0.99,
  ) {}

  update(params: Params, grads: Grads): void {
    eachParameter(params, grads, (W, gradient, name) => {
      const h = this.memory.of("squares", name, W);
      h.assign(h.mul(this.decayRate).add(gradient.square().mul(1 - this.decayRate)));
      W.assign(W.sub(gradient.mul(this.learningRate).div(h.sqrt().add(EPSILON))));
    });
  }

  dispose(): void {
    this.memory.dispose();
  }
}
