import { named, setLook } from "../look";
import { randomStream, type RandomStream } from "../random";

/**
 * A range for a hyperparameter whose order of magnitude is all that is roughly known: 10 to the power of a uniformly
 * distributed number.
 */
export interface LogUniform {
  low: number;
  high: number;
  /** The value at `u`, from `low` at 0 to `high` at 1: equal steps of `u` multiply it by equal factors. */
  at(u: number): number;
  /** The `u` whose value this is. */
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
    at: (u) => Math.min(Math.max(10 ** (from + u * (to - from)), low), high),
    position: (value) => (to === from ? 0 : (Math.log10(value) - from) / (to - from)),
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

/** The chapter's search: `count` settings, drawn at random. */
export function samplePoints<P extends Point>(space: Space<P>, count: number, seed: number): P[] {
  const stream = randomStream(seed, "search");
  return Array.from({ length: count }, () => samplePoint(space, stream));
}

/** The smallest space that contains the given settings: for the chapter's next round, around the best of this one. */
export function narrow<P extends Point>(space: Space<P>, points: P[]): Space<P> {
  return Object.fromEntries(
    Object.keys(space).map((name) => {
      const values = points.map((point) => point[name]);
      return [name, logUniform(Math.min(...values), Math.max(...values))];
    }),
  ) as Space<P>;
}
