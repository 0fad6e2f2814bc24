import { randomStream } from "../random";
import type { Problem, Proposal } from "./search";
import { samplePoint, type Point } from "./space";

/**
 * Settings drawn at random, each trained to the end: the chapter's search.
 *
 * Bergstra, Bengio: Random Search for Hyper-Parameter Optimization, JMLR 13, 2012,
 * https://www.jmlr.org/papers/v13/bergstra12a.html
 */
export function* randomSearch<P extends Point>({
  space,
  epochs,
  seed,
}: Problem<P>): Generator<Proposal<P>[], void, number[]> {
  const stream = randomStream(seed, "search");
  while (true) yield [{ point: samplePoint(space, stream), epochs }];
}
