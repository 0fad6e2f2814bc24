export * from "./space";
export { band, bestSoFar, bestTrial, compareSearches, search } from "./search";
export type { Method, Problem, Proposal, SearchOptions, Trial } from "./search";
export * from "./random-search";
export { narrowingSearch } from "./narrowing-search";
export { successiveHalving } from "./successive-halving";
export { bayesianSearch } from "./bayesian-search";
export * from "./gaussian-process";
