import { named, setLook } from "../look";
import { randomStream, type RandomStream } from "../random";
import { isWhole, refuseUnless } from "./checks";

/**
 * A range for a hyperparameter whose order of magnitude is all that is roughly known: 10 to the power of a uniformly
 * distributed number.
 */
export interface LogUniform {
  low: number;
  high: number;
  /**
   * The value at `u`, from `low` at 0 to `high` at 1: equal steps of `u` multiply it by equal factors.
   * @throws RangeError if `u` is not from 0 to 1.
   */
  at(u: number): number;
  /**
   * The `u` whose value this is.
   * @throws RangeError if the value is not from `low` to `high`.
   */
  position(value: number): number;
}

/**
 * 10 ** U(log₁₀ low, log₁₀ high): the chapter's way of drawing a learning rate or a weight decay.
 * @throws RangeError unless 0 < low ≤ high < ∞.
 */
export function logUniform(low: number, high: number): LogUniform {
  if (!(low > 0 && high >= low && high < Infinity)) {
    throw new RangeError(
      `logUniform: expected 0 < low <= high, got ${low} and ${high}; a range that holds 0 has no order of magnitude`,
    );
  }
  const [from, to] = [Math.log10(low), Math.log10(high)];
  const range: LogUniform = {
    low,
    high,
    at: (u) => {
      refuseUnless(u >= 0 && u <= 1, "LogUniform.at: expected a position from 0 to 1", u);
      return Math.min(Math.max(10 ** (from + u * (to - from)), low), high);
    },
    position: (value) => {
      refuseUnless(
        value >= low && value <= high,
        `LogUniform.position: expected a value from ${low} to ${high}`,
        value,
      );
      return to === from ? 0 : (Math.log10(value) - from) / (to - from);
    },
  };
  return setLook(range, { text: () => named("LogUniform", { low, high }) });
}

/** A setting: a value for each hyperparameter, by name. */
export type Point = Record<string, number>;

/** A range for each hyperparameter that is searched. */
export type Space<P extends Point> = { [name in keyof P]: LogUniform };

/** One setting, drawn at random. */
export function samplePoint<P extends Point>(space: Space<P>, stream: RandomStream): P {
  return Object.fromEntries(Object.entries(space).map(([name, range]) => [name, range.at(stream.uniform())])) as P;
}

/**
 * The chapter's search: `count` settings, drawn at random.
 * @throws RangeError if `count` is not a whole number.
 */
export function samplePoints<P extends Point>(space: Space<P>, count: number, seed: number): P[] {
  refuseUnless(isWhole(count, 0), "samplePoints: expected a whole number of settings", count);
  const stream = randomStream(seed, "search");
  return Array.from({ length: count }, () => samplePoint(space, stream));
}

/**
 * The smallest space that contains the given settings: for the chapter's next round, around the best of this one.
 * @throws RangeError if there are no settings, or one of them lacks a positive number for a name of the space.
 */
export function narrow<P extends Point>(space: Space<P>, points: P[]): Space<P> {
  refuseUnless(points.length > 0, "narrow: expected at least one setting", points);
  return Object.fromEntries(
    Object.keys(space).map((name) => {
      const values = points.map((point) => point[name]);
      for (const value of values) refuseUnless(value > 0, `narrow: expected a positive ${name} in each setting`, value);
      return [name, logUniform(Math.min(...values), Math.max(...values))];
    }),
  ) as Space<P>;
}
