import { tf } from "../engine/backend";
import { unrecorded } from "../engine/changing";
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
   * @throws if the scores are no matrix, if the labels are not one integer per row, or not classes.
   */
  forward(scores: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    if (scores.rank !== 2 || scores.dtype !== "float32")
      throw new Error(
        `SoftmaxWithLoss: expected scores of float32 [batch, classes], got ${scores.dtype} [${scores.shape.join(", ")}]`,
      );
    checkLabels(labels, scores.shape[0], "SoftmaxWithLoss");
    const [losses, difference] = this.compare(scores, labels);
    this.difference = difference;
    return losses.mean();
  }

  /** The gradient of the loss at the scores, `[batch, classes]`. */
  backward(): tf.Tensor {
    const difference = kept(this.difference, "SoftmaxWithLoss");
    return tf.mul(difference, 1 / difference.shape[0]);
  }

  private compare(scores: tf.Tensor, labels: tf.Tensor): tf.Tensor[] {
    try {
      return softmaxCrossEntropy(scores, labels);
    } catch (error) {
      unrecorded(() => checkClasses(labels, scores.shape[1]!, "SoftmaxWithLoss"));
      throw error;
    }
  }
}

/** @throws Error unless there is an integer for each of `rows` rows. */
export function checkLabels(labels: tf.Tensor, rows: number, where: string): void {
  if (labels.rank === 1 && labels.shape[0] === rows && labels.dtype === "int32") return;
  const remedy = labels.rank === 2 ? "; turn one-hot rows into integers with labels.argMax(1)" : "";
  throw new Error(
    `${where}: expected int32 labels of shape [${rows}], got ${labels.dtype} [${labels.shape.join(", ")}]${remedy}`,
  );
}

/** @throws Error if a label is not a class. */
export function checkClasses(labels: tf.Tensor, classes: number, where: string): void {
  const values = labels.dataSync();
  const place = values.findIndex((label) => label < 0 || label >= classes);
  if (place >= 0)
    throw new Error(`${where}: expected labels from 0 to ${classes - 1}, got ${values[place]} at place ${place}`);
}
