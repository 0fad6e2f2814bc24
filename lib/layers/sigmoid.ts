import type { tf } from "../engine/backend";
import { sigmoidGradient } from "../engine/operations";
import { kept, type Layer } from "./layer";

/** `y = 1 / (1 + e^−x)`. Backward: `dx = dout · y (1 − y)`. */
export class Sigmoid implements Layer {
  private y?: tf.Tensor;

  forward(x: tf.Tensor): tf.Tensor {
    return (this.y = x.sigmoid());
  }

  backward(dout: tf.Tensor): tf.Tensor {
    return sigmoidGradient(dout, kept(this.y, "Sigmoid", dout));
  }
}
