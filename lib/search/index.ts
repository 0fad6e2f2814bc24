export { logUniform, narrow, samplePoints, type LogUniform, type Point, type Space } from "./space";
export { band, bestSoFar, bestTrial, compareSearches, search } from "./search";
export type { Method, Problem, Proposal, SearchOptions, Trial } from "./search";
export { randomSearch } from "./random-search";
export { narrowingSearch } from "./narrowing-search";
export { successiveHalving } from "./successive-halving";
export { bayesianSearch, surrogate, type Expectation } from "./bayesian-search";
export { GaussianProcess } from "./gaussian-process";
