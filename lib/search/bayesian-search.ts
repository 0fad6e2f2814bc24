import { mean } from "d3-array";
import { randomStream, type RandomStream } from "../random";
import { checkScores, isWhole, refuseUnless } from "./checks";
import { expectedImprovement, GaussianProcess, type GaussianProcessOptions } from "./gaussian-process";
import type { Problem, Proposal } from "./search";
import { logUniform, samplePoint, type LogUniform, type Point } from "./space";

/** Random settings before the first that a process is asked for. */
const RANDOM_POINTS = 4;
/** Processes with random options among which the likeliest is chosen, before each trial. */
const PROCESSES = 64;
/** Random positions at which that one is asked for the expected improvement. */
const CANDIDATES = 512;

/** The ranges of a process's options: as wide as the unit cube and the standardized scores allow. */
const lengthScale = logUniform(0.05, 5);
const noise = logUniform(1e-4, 1);

/**
 * Bayesian optimization: after a few random settings, each setting is where a Gaussian process fitted to the scores so
 * far expects the largest improvement. The process works on positions from 0 to 1 in each range.
 *
 * Snoek, Larochelle, Adams: Practical Bayesian Optimization of Machine Learning Algorithms, NIPS 2012,
 * https://arxiv.org/abs/1206.2944
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
    const told = yield [{ point, epochs }];
    checkScores(told, 1);
    scores.push(...told);
    positions.push(names.map((name) => space[name].position(point[name])));
  }
}

/** What the search expects of a setting that has not been tried, in the unit of the scores. */
export interface Expectation {
  mean: number;
  /** The standard deviation: how uncertain the mean is. */
  deviation: number;
  /** By how much the setting exceeds the best score so far on average, counting 0 when it does not. */
  improvement: number;
}

/**
 * What {@link bayesianSearch} expects anywhere in the range of a single hyperparameter after some trials. It would go on
 * where the improvement is largest.
 *
 * @param trials the values that were tried, and their scores
 * @param seed seeds the choice of the Gaussian process, see {@link likeliestProcess}
 * @param count how many values, from one end of the range to the other in equal steps of the exponent
 * @throws RangeError if there are no trials, one of them is outside the range or has a score that is not finite, or the
 * count is not a whole number from 2 on
 */
export function surrogate(
  range: LogUniform,
  trials: readonly { value: number; score: number }[],
  seed: number,
  count = 201,
): (Expectation & { value: number })[] {
  if (trials.length === 0) throw new RangeError("surrogate: no trials; pass at least one");
  refuseUnless(isWhole(count, 2), "surrogate: expected a whole number of values from 2 on", count);
  const scores = trials.map(({ score }) => score);
  checkScores(scores, trials.length);
  const expect = expectations(
    trials.map(({ value }) => [range.position(value)]),
    scores,
    randomStream(seed, "bayesian search"),
  );
  return Array.from({ length: count }, (_, i) => i / (count - 1)).map((u) => ({ value: range.at(u), ...expect([u]) }));
}

/** The random position with the largest expected improvement. */
function nextPosition(positions: number[][], scores: number[], stream: RandomStream): number[] {
  const expect = expectations(positions, scores, stream);
  let next: number[] = [];
  let most = -1;
  for (let i = 0; i < CANDIDATES; i++) {
    const position = positions[0].map(() => stream.uniform());
    const { improvement } = expect(position);
    if (improvement > most) [next, most] = [position, improvement];
  }
  return next;
}

/** What a process fitted to the scores expects of a position. */
function expectations(
  positions: number[][],
  scores: number[],
  stream: RandomStream,
): (position: number[]) => Expectation {
  // The process sees the scores shifted and scaled to mean 0 and standard deviation 1.
  const centre = mean(scores)!;
  const scale = Math.sqrt(mean(scores, (score) => (score - centre) ** 2)!) || 1;
  const y = scores.map((score) => (score - centre) / scale);
  const process = likeliestProcess(positions, y, stream);
  const best = Math.max(...y);
  return (position) => {
    const { mean, deviation } = process.predict(position);
    const improvement = expectedImprovement(mean, deviation, best);
    return { mean: centre + scale * mean, deviation: scale * deviation, improvement: scale * improvement };
  };
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
