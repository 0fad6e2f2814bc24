import { mean } from "d3-array";
import { randomStream, type RandomStream } from "../random";
import { expectedImprovement, GaussianProcess, type GaussianProcessOptions } from "./gaussian-process";
import type { Problem, Proposal } from "./search";
import { logUniform, samplePoint, type Point } from "./space";

/** Random points before there is something to learn from. */
const FIRST = 4;
/** Ways to see the scores that are compared, and places at which the likeliest one is asked, before each trial. */
const MODELS = 64;
const PLACES = 512;

/** What a model may take for the options of the process: as wide as the unit cube and the standardized scores allow. */
const lengthScale = logUniform(0.05, 5);
const noise = logUniform(1e-4, 1);

/**
 * Bayesian optimization: after a few random points, each next one is where a Gaussian process fitted to the scores
 * so far expects the largest improvement. The process works on positions 0 … 1 in each range.
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
      scores.length < FIRST
        ? samplePoint(space, first)
        : (Object.fromEntries(
            nextPosition(positions, scores, stream).map((u, i) => [names[i], space[names[i]].at(u)]),
          ) as P);
    scores.push(...(yield [{ point, epochs }]));
    positions.push(names.map((name) => space[name].position(point[name])));
  }
}

/** The place of the largest expected improvement among random ones. */
function nextPosition(positions: number[][], scores: number[], stream: RandomStream): number[] {
  const y = standardized(scores);
  const process = likeliestProcess(positions, y, stream);
  const best = Math.max(...y);
  let next: number[] = [];
  let most = -1;
  for (let i = 0; i < PLACES; i++) {
    const place = positions[0].map(() => stream.uniform());
    const { mean, deviation } = process.predict(place);
    const gain = expectedImprovement(mean, deviation, best);
    if (gain > most) [next, most] = [place, gain];
  }
  return next;
}

/** The process under which the scores are most probable, among some with random options. */
function likeliestProcess(x: number[][], y: number[], stream: RandomStream): GaussianProcess {
  const options = (): GaussianProcessOptions => ({
    lengthScales: x[0].map(() => lengthScale.at(stream.uniform())),
    variance: 1,
    noise: noise.at(stream.uniform()),
  });
  const processes = Array.from({ length: MODELS }, () => new GaussianProcess(x, y, options()));
  return processes.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a));
}

/** The scores with mean 0 and standard deviation 1. */
function standardized(scores: number[]): number[] {
  const centre = mean(scores)!;
  const deviation = Math.sqrt(mean(scores, (score) => (score - centre) ** 2)!) || 1;
  return scores.map((score) => (score - centre) / deviation);
}
