export { createOptimizer, type DataSpec, type OptimizerSpec, type RunSpec } from "./spec";
export { run, type RunOptions } from "./run";
export { openRunner, runAll, RunsFailed, type RunAllOptions, type RunnerOptions } from "./run-all";
export type { Runner } from "./runner";
