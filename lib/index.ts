/**
 * All that a notebook's cell imports, in the chapter's order: `import { … } from "../lib"`.
 */

// The ground: TensorFlow, seeded random numbers, data.
export { backendInfo, tf } from "./engine/backend";
export * from "./random";
export * from "./data/mnist";
export { Dataset, shuffleDataset, splitValidation } from "./data/dataset";
export { DataError } from "./data/idx";

// 6.1 Updating the parameters
export * from "./optimizers";

// The layers and the network that all experiments train
export * from "./layers";
export * from "./network";
export type { Snapshot } from "./engine/snapshot";
export * from "./numerical-gradient";

// 6.2 Initial weights
export * from "./initializers";

// 6.4 Regularization
export * from "./trainer";
export { changing } from "./engine/compile";
export { pure } from "./engine/pure";
export * from "./weight-decay";

// Training runs described as data
export * from "./experiments";

// 6.5 Searching for hyperparameters
export * from "./search";

// Figures and what shows them in a notebook
export * from "./figures";
export * from "./figures/smooth-curve";
export * from "./notebook";
import "./inspect";
