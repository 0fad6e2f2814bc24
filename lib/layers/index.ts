export type { Layer } from "./layer";
export { Affine } from "./affine";
export { ReLU } from "./relu";
export { Sigmoid } from "./sigmoid";
export { Tanh } from "./tanh";
export { SoftmaxWithLoss } from "./softmax-with-loss";
export { BatchNormalization } from "./batch-normalization";
export { Dropout } from "./dropout";
