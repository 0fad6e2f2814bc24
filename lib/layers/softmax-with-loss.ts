import { tf } from "../engine/backend";
import { softmaxCrossEntropy } from "../engine/operations";
import { kept } from "./layer";

/**
 * Softmax and its cross-entropy with the true labels as one layer, because together their backward
 * pass is as simple as can be: `dx = (y − t) / batch`.
 *
 * `y_k = e^{x_k} / Σ_j e^{x_j}`, `L = −mean over the batch of log y_label`.
 *
 * It is computed from the scores, not from `y`, so no small number is needed to avoid log 0.
 */
export class SoftmaxWithLoss {
  private difference?: tf.Tensor;

  /**
   * @param scores `[batch, classes]`, the last affine layer's output.
   * @param labels `[batch]`, int32, `0 ≤ label < classes`.
   * @returns the mean loss, a scalar tensor.
   * @throws if the labels are not one integer per row.
   */
  forward(scores: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    if (labels.rank !== 1 || labels.shape[0] !== scores.shape[0] || labels.dtype !== "int32") {
      const remedy = labels.rank === 2 ? "; turn one-hot rows into integers with labels.argMax(1)" : "";
      throw new Error(
        `SoftmaxWithLoss: expected int32 labels of shape [${scores.shape[0]}], got ${labels.dtype} [${labels.shape.join(", ")}]${remedy}`,
      );
    }
    const [losses, difference] = softmaxCrossEntropy(scores, labels);
    this.difference = difference;
    return losses.mean();
  }

  /** The gradient of the loss at the scores, `[batch, classes]`. */
  backward(): tf.Tensor {
    const difference = kept(this.difference, "SoftmaxWithLoss");
    return tf.mul(difference, 1 / difference.shape[0]);
  }
}
