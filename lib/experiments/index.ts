export type { DataSpec, OptimizerSpec, RunSpec } from "./spec";
export { createOptimizer, run, type RunOptions } from "./run";
export { openRunner, runAll, RunsFailed, type RunAllOptions, type RunnerOptions } from "./run-all";
export type { Runner } from "./runner";
