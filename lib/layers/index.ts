import { ReLU } from "./relu";
import { Sigmoid } from "./sigmoid";
import { Tanh } from "./tanh";

export type { Layer } from "./layer";
export { Affine } from "./affine";
export { ReLU, Sigmoid, Tanh };
export { SoftmaxWithLoss } from "./softmax-with-loss";
export { BatchNormalization } from "./batch-normalization";
export { Dropout } from "./dropout";

/** What may stand after each hidden layer's Affine, by the name that a spec gives it. */
export const activations = { relu: ReLU, sigmoid: Sigmoid, tanh: Tanh };
