import { checked, share } from "../checked";
import { tf } from "../engine/backend";
import { sumOverBatch } from "../engine/operations";
import { kept, type Layer } from "./layer";

/** Added to the variance so that σ = 0 does not divide by zero. */
const EPSILON = 1e-6;

/**
 * Batch normalization: brings each unit's values to mean 0 and variance 1 over the mini-batch, then
 * applies a learned scale γ and shift β.
 *
 * `μ = Σ x / m`, `σ² = Σ (x − μ)² / m`, `x̂ = (x − μ) / √(σ² + ε)`  (6.7)
 * `y = γ x̂ + β`  (6.8)
 *
 * Backward, with sums over the batch: `dβ = Σ dout`, `dγ = Σ dout ⊙ x̂`, and the nine steps of
 * figure 6-17 in one: `dx = γ / √(σ² + ε) · (dout − (dβ + x̂ ⊙ dγ) / m)`.
 *
 * Training uses the batch's own mean and variance, and keeps running averages of them, which start
 * at 0: `running ← 0.9 running + 0.1 batch`. Evaluation uses the running averages. (PyTorch starts
 * the variance at 1, divides it by m − 1 and takes 1e-5 for ε, so the same weights give other values
 * there in the first evaluations.)
 *
 * `x`, `y` `[batch, units]`; `γ`, `β` and the running statistics `[units]`.
 *
 * Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
 * Covariate Shift", 2015. https://arxiv.org/abs/1502.03167
 */
export class BatchNormalization implements Layer {
  dgamma?: tf.Tensor;
  dbeta?: tf.Tensor;
  readonly runningMean: tf.Variable;
  readonly runningVariance: tf.Variable;
  private saved?: { normalized: tf.Tensor; inverseStd: tf.Tensor };

  /**
   * @param gamma γ, `[units]`, usually 1 at first.
   * @param beta β, `[units]`, usually 0 at first.
   * @param momentum the share of the running statistics kept at each batch.
   * @throws TypeError if the momentum is out of range.
   */
  constructor(
    readonly gamma: tf.Tensor,
    readonly beta: tf.Tensor,
    public momentum = 0.9,
  ) {
    checked(share, momentum, "BatchNormalization: momentum");
    [this.runningMean, this.runningVariance] = tf.tidy(() => [
      tf.variable(tf.zeros(gamma.shape), false),
      tf.variable(tf.zeros(gamma.shape), false),
    ]);
  }

  /** @throws if `x` is not `[batch, units]`, or if it is a single row in training. */
  forward(x: tf.Tensor, training = false): tf.Tensor {
    const [units] = this.gamma.shape;
    if (x.rank !== 2 || x.shape[1] !== units) {
      throw new Error(`BatchNormalization: expected x of shape [batch, ${units}], got [${x.shape.join(", ")}]`);
    }
    if (!training) return this.scaleAndShift(x.sub(this.runningMean).mul(inverseStdOf(this.runningVariance)));
    if (x.shape[0] === 1) {
      throw new Error("BatchNormalization: a batch of 1 has no variance to train on; use at least 2 rows");
    }
    const mean = x.mean(0);
    const centred = x.sub(mean);
    const variance = centred.square().mean(0);
    this.remember(this.runningMean, mean);
    this.remember(this.runningVariance, variance);
    const inverseStd = inverseStdOf(variance);
    const normalized = centred.mul(inverseStd);
    this.saved = { normalized, inverseStd };
    return this.scaleAndShift(normalized);
  }

  backward(dout: tf.Tensor): tf.Tensor {
    const { normalized, inverseStd } = kept(this.saved, "BatchNormalization", dout);
    this.dbeta = sumOverBatch(dout);
    this.dgamma = sumOverBatch(dout.mul(normalized));
    const throughStatistics = this.dbeta.add(normalized.mul(this.dgamma)).mul(1 / dout.shape[0]);
    return this.gamma.mul(inverseStd).mul(dout.sub(throughStatistics));
  }

  dispose(): void {
    this.runningMean.dispose();
    this.runningVariance.dispose();
  }

  /** `γ x̂ + β`. */
  private scaleAndShift(normalized: tf.Tensor): tf.Tensor {
    return normalized.mul(this.gamma).add(this.beta);
  }

  private remember(running: tf.Variable, batch: tf.Tensor): void {
    const momentum = checked(share, this.momentum, "BatchNormalization: momentum");
    running.assign(running.mul(momentum).add(batch.mul(1 - momentum)));
  }
}

/**
 * `1 / √(σ² + ε)`, as the root of a quotient: both operations round the same way on every processor, while TensorFlow's
 * reciprocal square root starts from the processor's own estimate.
 */
function inverseStdOf(variance: tf.Tensor): tf.Tensor {
  return tf.div(1, variance.add(EPSILON)).sqrt();
}
