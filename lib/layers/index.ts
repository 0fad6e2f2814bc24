import { ReLU } from "./relu";
import { Sigmoid } from "./sigmoid";
import { Tanh } from "./tanh";

export type { Layer } from "./layer";
export { Affine } from "./affine";
export { ReLU, Sigmoid, Tanh };
export { SoftmaxWithLoss } from "./softmax-with-loss";
export { BatchNormalization } from "./batch-normalization";
export { Dropout } from "./dropout";

/** The activations that may follow a hidden layer's Affine, by their name in a spec. */
export const activations = { relu: ReLU, sigmoid: Sigmoid, tanh: Tanh };
