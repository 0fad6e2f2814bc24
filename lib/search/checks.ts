/**
 * What a search refuses: a number that is none would not stop it, but send it astray, or round and round for ever.
 */
import { inspect } from "node:util";
import { printable } from "../printable";
import type { Problem, Proposal } from "./search";
import type { LogUniform, Point, Space } from "./space";

/** @throws RangeError saying what was expected, and what was found instead, unless it `holds`. */
export function refuseUnless(holds: boolean, expected: string, found: unknown): asserts holds {
  if (holds) return;
  throw new RangeError(`${expected}, got ${printable(inspect(found, { depth: 2, breakLength: Infinity }))}`);
}

/** Whether a number counts something, from `least` on. */
export function isWhole(value: number, least = 1): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

/** @throws RangeError unless there is a finite score for each of the settings. */
export function checkScores(scores: readonly number[], settings: number): void {
  const fit = Array.isArray(scores) && scores.length === settings && scores.every(Number.isFinite);
  refuseUnless(fit, `scores: expected a finite number for each of the ${settings} settings`, scores);
}

/** @throws RangeError naming the field of a problem that cannot be searched. */
export function checkProblem<P extends Point>({ space, epochs, budget, seed }: Problem<P>): void {
  checkSpace(space);
  refuseUnless(isWhole(epochs), "problem.epochs: expected a whole number of epoch points from 1 on", epochs);
  refuseUnless(
    Number.isFinite(budget) && budget >= 1,
    "problem.budget: expected a number of updates from 1 on",
    budget,
  );
  refuseUnless(isWhole(seed, 0), `problem.seed: expected an integer from 0 to ${Number.MAX_SAFE_INTEGER}`, seed);
}

function checkSpace<P extends Point>(space: Space<P>): void {
  const ranges = Object.entries<LogUniform>(space ?? {});
  refuseUnless(ranges.length > 0, "problem.space: expected a range for at least one hyperparameter", space);
  for (const [name, range] of ranges) {
    refuseUnless(isRange(range), `problem.space.${name}: expected a range made with logUniform(low, high)`, range);
  }
  const isWide = ranges.some(([, { low, high }]) => low < high);
  refuseUnless(isWide, "problem.space: expected more than one setting to choose from", space);
}

function isRange(range: Partial<LogUniform> | null | undefined): boolean {
  const { low = NaN, high = NaN, at, position } = range ?? {};
  return low <= high && typeof at === "function" && typeof position === "function";
}

/** @throws RangeError naming what `method` should not have proposed. */
export function checkProposal<P extends Point>(
  method: string,
  { point, epochs }: Proposal<P>,
  problem: Problem<P>,
): void {
  for (const [name, { low, high }] of Object.entries<LogUniform>(problem.space)) {
    const isInside = point[name] >= low && point[name] <= high;
    refuseUnless(isInside, `${method}: expected a ${name} from ${low} to ${high} in each proposal`, point[name]);
  }
  const isLength = isWhole(epochs) && epochs <= problem.epochs;
  refuseUnless(isLength, `${method}: expected whole epochs from 1 to ${problem.epochs} in each proposal`, epochs);
}
