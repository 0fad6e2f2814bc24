import { updatesOf } from "../experiments/spec";
import { randomStream } from "../random";
import { checkScores } from "./checks";
import type { Problem, Proposal } from "./search";
import { narrow, samplePoint, type Point } from "./space";

/** Rounds that the budget is divided among. */
const ROUNDS = 3;
/** The best share of a round's settings, which the ranges of the next round span. */
const KEPT_SHARE = 1 / 2;

/** Random search in rounds, as the chapter advises: each in the ranges that the best half of the one before spans. */
export function* narrowingSearch<P extends Point>(problem: Problem<P>): Generator<Proposal<P>[], void, number[]> {
  const { epochs, seed, budget } = problem;
  const stream = randomStream(seed, "search");
  let { space } = problem;
  const cost = updatesOf(problem.specOf(samplePoint(space, randomStream(seed, "cost")), epochs));
  const size = Math.max(Math.floor(budget / cost / ROUNDS), 2);
  while (true) {
    const points = Array.from({ length: size }, () => samplePoint(space, stream));
    const scores = yield points.map((point) => ({ point, epochs }));
    space = narrow(space, best(points, scores, Math.max(Math.ceil(size * KEPT_SHARE), 2)));
  }
}

/**
 * The `count` settings with the highest scores, best first.
 * @throws RangeError unless there is a finite score for each of the settings.
 */
export function best<P extends Point>(points: P[], scores: number[], count: number): P[] {
  checkScores(scores, points.length);
  const order = points.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  return order.slice(0, count).map((i) => points[i]);
}
