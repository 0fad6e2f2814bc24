export type { Grads, Memory, MemoryState, Optimizer, Params } from "./optimizer";
export type { LearningRateSchedule } from "./schedule";
export { SGD } from "./sgd";
export { Momentum } from "./momentum";
export { Nesterov } from "./nesterov";
export { AdaGrad } from "./adagrad";
export { RMSProp } from "./rmsprop";
export { Adam } from "./adam";
export { AdamW } from "./adamw";
