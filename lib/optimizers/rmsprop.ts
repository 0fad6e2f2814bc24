import { UpdateRule, type Grads, type Params } from "./optimizer";

/** Added to √h so that h = 0 does not divide by zero. */
const EPSILON = 1e-7;

/**
 * RMSProp: AdaGrad with a running mean of the squares instead of their sum, so that its steps do not
 * shrink to nothing.
 *
 * `h ← ρ h + (1 − ρ) ∂L/∂W ⊙ ∂L/∂W`, from h = 0
 * `W ← W − η (1 / √h) ∂L/∂W`, with 1e-7 added to √h (PyTorch: 1e-8)
 *
 * float32 cannot hold the square of a gradient above 1.8e19: h is then infinite, and the weight
 * stands still for ever.
 *
 * Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning, 2012.
 * https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
 */
export class RMSProp extends UpdateRule {
  /**
   * @param learningRate η.
   * @param decayRate ρ, the share of the running mean kept at each update.
   */
  constructor(
    learningRate = 0.01,
    public decayRate = 0.99,
  ) {
    super(learningRate);
  }

  update(params: Params, grads: Grads): void {
    this.eachParameter(params, grads, (W, gradient, rate, name) => {
      const h = this.memory.of("squares", name, W);
      h.assign(h.mul(this.decayRate).add(gradient.square().mul(1 - this.decayRate)));
      W.assign(W.sub(gradient.mul(rate).div(h.sqrt().add(EPSILON))));
    });
  }
}
