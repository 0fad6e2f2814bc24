/**
 * All that a notebook's cell imports, in the chapter's order: `import { … } from "../lib"`.
 */

// The ground: TensorFlow, seeded random numbers, data.
export { backendInfo, tf } from "./engine/backend";
export { randomStream, type RandomStream } from "./random";
export { loadMnist, type MnistOptions } from "./data/mnist";
export { Dataset, shuffleDataset, splitValidation } from "./data/dataset";
export { DataError } from "./data/file";

// 6.1 Updating the parameters
export * from "./optimizers";

// The layers and the network that all experiments train
export { Affine, BatchNormalization, Dropout, ReLU, Sigmoid, SoftmaxWithLoss, Tanh, type Layer } from "./layers";
export { Network, type NetworkSpec } from "./network";

// 6.2 Initial weights
export { weightScale, type InitialWeights } from "./initializers";

// The training loop
export { miniBatch, Trainer } from "./trainer";
export type { Examples, History, Measurement, Schedule, TrainerOptions } from "./trainer";
export { changing } from "./engine/changing";
export { pure } from "./engine/pure";

// 6.4 Regularization
export type { Norm } from "./weight-decay";

// Training runs described as data
export { createOptimizer, openRunner, run, runAll, RunsFailed } from "./experiments";
export type { DataSpec, OptimizerSpec, RunAllOptions, Runner, RunnerOptions, RunOptions, RunSpec } from "./experiments";

// 6.5 Searching for hyperparameters
export { bayesianSearch, narrowingSearch, randomSearch, successiveHalving, surrogate } from "./search";
export { band, bestSoFar, bestTrial, compareSearches, search } from "./search";
export { logUniform, narrow, samplePoints } from "./search";
export type { Expectation, LogUniform, Method, Point, Problem, Proposal, SearchOptions, Space, Trial } from "./search";

// Figures and what shows them in a notebook
export * from "./figures";
export * from "./notebook";

// Exercises
export { check } from "./exercises";

import { slowness } from "./engine/backend";
import { endOpenScopes } from "./engine/scopes";
import "./inspect"; // values show themselves
import { afterCutOff } from "./notebook/kernel";

const slow = slowness();
if (slow) console.warn(slow);

afterCutOff(endOpenScopes); // an interrupted cell leaves nothing open
