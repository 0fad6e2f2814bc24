/** Data in, Plotly figure out: every figure of the chapter and some of our own, in the chapter's order. */
export type { Figure } from "./figure";

// 6.1 Updating the parameters
export * from "./bowl";
export * from "./rolling-ball";
export * from "./learning-curves";

// 6.2 Initial weights
export * from "./activation-histograms";
export * from "./weight-scale-slider";
export type { Activation, Layers } from "./activation-panels";
export * from "./xavier-scale";
export * from "./update-sizes";

// 6.3 Batch normalization
export * from "./batch-norm-drawings";
export * from "./scale-panels";

// 6.4 Regularization
export * from "./regularization";
export * from "./dropout-drawing";
export * from "./test-against-training";
export * from "./weight-paths";

// 6.5 Hyperparameters
export * from "./search-panels";
export * from "./gaussian-process";
export * from "./wrong-digits";
