import type { tf } from "../engine/backend";
import { biasAdd, matMul, sumOverBatch } from "../engine/operations";
import { checkGradient, kept, type Layer } from "./layer";

/**
 * `y = x W + b`: every unit sees every input.
 *
 * Backward: `dW = xᵀ dout`, `db = Σ dout` over the batch, `dx = dout Wᵀ`.
 *
 * `x` `[batch, inputs]`, `W` `[inputs, units]`, `b` `[units]`, `y` `[batch, units]`.
 */
export class Affine implements Layer {
  dW?: tf.Tensor;
  db?: tf.Tensor;
  private x?: tf.Tensor;

  constructor(
    readonly W: tf.Tensor,
    readonly b: tf.Tensor,
  ) {}

  /** @throws if `x` is not `[batch, inputs]` float32, or if it or the weights have been disposed. */
  forward(x: tf.Tensor): tf.Tensor {
    if (this.W.isDisposed) throw new Error("Affine: the weights have been disposed, perhaps with their network");
    if (x.isDisposed) throw new Error("Affine: x has been disposed");
    const inputs = this.W.shape[0];
    if (x.rank !== 2 || x.shape[1] !== inputs) {
      const remedy = x.rank > 2 ? "; flatten the images first" : "";
      throw new Error(`Affine: expected x of shape [batch, ${inputs}], got [${x.shape.join(", ")}]${remedy}`);
    }
    if (x.dtype !== "float32")
      throw new Error(`Affine: expected x of float32, got ${x.dtype}; x.cast("float32") makes it so`);
    this.x = x;
    return biasAdd(matMul(x, this.W), this.b);
  }

  backward(dout: tf.Tensor): tf.Tensor {
    this.parameterGradients(dout);
    return matMul(dout, this.W, false, true);
  }

  /** `dW` and `db` alone: nothing comes before a network's first layer, so its `dx` is not needed. */
  parameterGradients(dout: tf.Tensor): void {
    const x = kept(this.x, "Affine");
    checkGradient(dout, [x.shape[0], this.W.shape[1]!], "Affine");
    this.dW = matMul(x, dout, true, false);
    this.db = sumOverBatch(dout);
  }
}
