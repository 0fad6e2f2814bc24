import { randomStream } from "../random";
import { best } from "./narrowing-search";
import type { Problem, Proposal } from "./search";
import { samplePoint, type Point } from "./space";

/** One setting in three goes on to the next rung, which trains three times as long: the paper's η. */
const ETA = 3;
/** Rungs of the ladder; a run on the last one is a whole run. */
const RUNGS = 4;

/**
 * Many settings for a short while, the best third of them three times as long, and so on up to a whole run; then again
 * with new settings: the chapter's advice to give up early on what looks bad, made precise.
 *
 * Jamieson, Talwalkar: Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016,
 * https://arxiv.org/abs/1502.07943
 */
export function* successiveHalving<P extends Point>({
  space,
  epochs,
  seed,
}: Problem<P>): Generator<Proposal<P>[], void, number[]> {
  const stream = randomStream(seed, "search");
  while (true) {
    let points = Array.from({ length: ETA ** (RUNGS - 1) }, () => samplePoint(space, stream));
    for (const length of rungs(epochs)) {
      const scores = yield points.map((point) => ({ point, epochs: length }));
      points = best(points, scores, Math.floor(points.length / ETA));
    }
  }
}

/** Epoch points on each rung, rounded up: 2, 6, 17 and 50 for whole runs of 50. */
export function rungs(epochs: number): number[] {
  return Array.from({ length: RUNGS }, (_, i) => Math.ceil(epochs / ETA ** (RUNGS - 1 - i)));
}
