import { tf } from "../backend";
import { batchNormalization, batchNormalizationGradient } from "../kernels";
import { kept, type Layer } from "./layer";

/** Keeps a division by the standard deviation from being one by 0. */
const EPSILON = 1e-6;

/**
 * Batch normalization: each unit's values get mean 0 and variance 1 over the mini-batch, then a
 * scale γ and a shift β that are learned.
 *
 * `μ = Σ x / m`, `σ² = Σ (x − μ)² / m`, `x̂ = (x − μ) / √(σ² + ε)`  (6.7)
 * `y = γ x̂ + β`  (6.8)
 *
 * Backward: `dβ = Σ dout`, `dγ = Σ dout ⊙ x̂`,
 * `dx = γ / √(σ² + ε) · (dout − (dβ + x̂ ⊙ dγ) / m)`, sums over the batch.
 *
 * In training the batch's own mean and variance are used, and running ones are kept:
 * `running ← 0.9 running + 0.1 batch`, from 0. Otherwise the running ones are used.
 *
 * `x`, `y` `[batch, units]`; `γ`, `β` and the running statistics `[units]`.
 *
 * Ioffe and Szegedy, "Batch Normalization", 2015. https://arxiv.org/abs/1502.03167
 */
export class BatchNormalization implements Layer {
  dgamma?: tf.Tensor;
  dbeta?: tf.Tensor;
  readonly runningMean: tf.Variable;
  readonly runningVariance: tf.Variable;
  private saved?: { x: tf.Tensor; mean: tf.Tensor; variance: tf.Tensor };

  /**
   * @param gamma γ, `[units]`, usually 1 at first.
   * @param beta β, `[units]`, usually 0 at first.
   * @param momentum the share of the running statistics that is left after a batch.
   */
  constructor(
    readonly gamma: tf.Tensor,
    readonly beta: tf.Tensor,
    readonly momentum = 0.9,
  ) {
    [this.runningMean, this.runningVariance] = tf.tidy(() => [
      tf.variable(tf.zeros(gamma.shape), false),
      tf.variable(tf.zeros(gamma.shape), false),
    ]);
  }

  /** @throws if `x` is not `[batch, units]`, or in training if the batch is a single row. */
  forward(x: tf.Tensor, training = false): tf.Tensor {
    const [units] = this.gamma.shape;
    if (x.rank !== 2 || x.shape[1] !== units) {
      throw new Error(`BatchNormalization: expected x of shape [batch, ${units}], got [${x.shape.join(", ")}]`);
    }
    if (!training) {
      // A division by √ itself becomes a product with 1/√ in a graph, which rounds otherwise; one by a row of a matrix does not.
      const std = this.runningVariance.add(EPSILON).sqrt().reshape([1, -1]);
      const normalized = x.sub(this.runningMean).div(std);
      return normalized.mul(this.gamma).add(this.beta);
    }
    if (x.shape[0] === 1) {
      throw new Error("BatchNormalization: a batch of 1 has no variance to train on; use at least 2 rows");
    }
    const [y, mean, variance] = batchNormalization(x, this.gamma, this.beta, EPSILON);
    this.remember(this.runningMean, mean);
    this.remember(this.runningVariance, variance);
    this.saved = { x, mean, variance };
    return y;
  }

  backward(dout: tf.Tensor): tf.Tensor {
    const { x, mean, variance } = kept(this.saved, "BatchNormalization");
    const [dx, dgamma, dbeta] = batchNormalizationGradient(dout, x, this.gamma, mean, variance, EPSILON);
    this.dgamma = dgamma;
    this.dbeta = dbeta;
    return dx;
  }

  dispose(): void {
    this.runningMean.dispose();
    this.runningVariance.dispose();
  }

  private remember(running: tf.Variable, batch: tf.Tensor): void {
    running.assign(running.mul(this.momentum).add(batch.mul(1 - this.momentum)));
  }
}
