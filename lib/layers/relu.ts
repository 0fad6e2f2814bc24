import type { tf } from "../engine/backend";
import { reluGradient } from "../engine/operations";
import { kept, type Layer } from "./layer";

/** `y = max(x, 0)`. Backward: `dx = dout` where `x > 0`, else 0; at `x = 0` the derivative is taken as 0. */
export class ReLU implements Layer {
  private y?: tf.Tensor;

  forward(x: tf.Tensor): tf.Tensor {
    return (this.y = x.relu());
  }

  backward(dout: tf.Tensor): tf.Tensor {
    return reluGradient(dout, kept(this.y, "ReLU", dout));
  }
}
