import type { tf } from "../engine/backend";
import { tanhGradient } from "../engine/operations";
import { kept, type Layer } from "./layer";

/** `y = tanh x`. Backward: `dx = dout · (1 − y²)`. */
export class Tanh implements Layer {
  private y?: tf.Tensor;

  forward(x: tf.Tensor): tf.Tensor {
    return (this.y = x.tanh());
  }

  backward(dout: tf.Tensor): tf.Tensor {
    return tanhGradient(dout, kept(this.y, "Tanh", dout));
  }
}
