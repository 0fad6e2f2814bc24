export type { DataSpec, OptimizerSpec, RunSpec } from "./spec";
export { createOptimizer, run, type RunOptions } from "./run";
export { runAll, RunsFailed, type RunAllOptions } from "./run-all";
