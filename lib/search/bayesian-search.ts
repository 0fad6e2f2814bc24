import { mean } from "d3-array";
import { randomStream, type RandomStream } from "../random";
import { expectedImprovement, GaussianProcess, type GaussianProcessOptions } from "./gaussian-process";
import type { Problem, Proposal } from "./search";
import { logUniform, samplePoint, type Point } from "./space";

/** Random points before the first that a process is asked for. */
const RANDOM_POINTS = 4;
/** Processes with random options among which the likeliest is chosen, before each trial. */
const PROCESSES = 64;
/** Random positions at which that one is asked for the expected improvement. */
const CANDIDATES = 512;

/** The ranges of a process's options: as wide as the unit cube and the standardized scores allow. */
const lengthScale = logUniform(0.05, 5);
const noise = logUniform(1e-4, 1);

/**
 * Bayesian optimization: after a few random points, each point is where a Gaussian process fitted to the scores so far
 * expects the largest improvement. The process works on positions from 0 to 1 in each range.
 * Snoek, Larochelle, Adams: Practical Bayesian Optimization of Machine Learning Algorithms, NeurIPS 2012.
 */
export function* bayesianSearch<P extends Point>({
  space,
  epochs,
  seed,
}: Problem<P>): Generator<Proposal<P>[], void, number[]> {
  const first = randomStream(seed, "search");
  const stream = randomStream(seed, "bayesian search");
  const names = Object.keys(space);
  const positions: number[][] = [];
  const scores: number[] = [];
  while (true) {
    const point =
      scores.length < RANDOM_POINTS
        ? samplePoint(space, first)
        : (Object.fromEntries(
            nextPosition(positions, scores, stream).map((u, i) => [names[i], space[names[i]].at(u)]),
          ) as P);
    scores.push(...(yield [{ point, epochs }]));
    positions.push(names.map((name) => space[name].position(point[name])));
  }
}

/** The random position with the largest expected improvement. */
function nextPosition(positions: number[][], scores: number[], stream: RandomStream): number[] {
  const y = standardized(scores);
  const process = likeliestProcess(positions, y, stream);
  const best = Math.max(...y);
  let next: number[] = [];
  let most = -1;
  for (let i = 0; i < CANDIDATES; i++) {
    const position = positions[0].map(() => stream.uniform());
    const { mean, deviation } = process.predict(position);
    const gain = expectedImprovement(mean, deviation, best);
    if (gain > most) [next, most] = [position, gain];
  }
  return next;
}

/** Among processes with random options, the one under which the scores are most probable. */
function likeliestProcess(x: number[][], y: number[], stream: RandomStream): GaussianProcess {
  const options = (): GaussianProcessOptions => ({
    lengthScales: x[0].map(() => lengthScale.at(stream.uniform())),
    variance: 1,
    noise: noise.at(stream.uniform()),
  });
  const processes = Array.from({ length: PROCESSES }, () => new GaussianProcess(x, y, options()));
  return processes.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a));
}

/** The scores, shifted and scaled to mean 0 and standard deviation 1. */
function standardized(scores: number[]): number[] {
  const centre = mean(scores)!;
  const deviation = Math.sqrt(mean(scores, (score) => (score - centre) ** 2)!) || 1;
  return scores.map((score) => (score - centre) / deviation);
}
