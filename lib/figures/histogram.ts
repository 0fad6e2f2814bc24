/**
 * What the histograms of activations and weights count.
 */
import { mean } from "d3-array";

/** The number of values in each of `counts.length` equal bins, and on either side of them. */
export interface Histogram {
  counts: number[];
  below: number;
  above: number;
}

/**
 * Counts `values` in `bins` equal bins over `[low, high]`; the last bin includes `high`. Values outside
 * are counted too, so that the counts always add up to `values.length`.
 *
 * @throws RangeError if there are no values or one is not a number.
 */
export function histogram(values: ArrayLike<number>, [low, high]: [number, number], bins: number): Histogram {
  if (values.length === 0) throw new RangeError("histogram: no values to count; pass a layer's values");
  const counts = new Array<number>(bins).fill(0);
  let below = 0;
  let above = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < low) below++;
    else if (value > high) above++;
    else if (value >= low) counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]++;
    else throw new RangeError(`histogram: value ${i} is ${value}; leave out diverged layers or look for the cause`);
  }
  return { counts, below, above };
}

/** The standard deviation of a whole population: divides by n, where d3's `deviation` divides by n − 1. */
export function deviation(values: ArrayLike<number>): number {
  const all = Array.from(values);
  const centre = mean(all)!;
  return Math.sqrt(mean(all, (value) => (value - centre) ** 2)!);
}

/**
 * The share of values on the flat parts of a sigmoid or tanh, where the slope is less than 5% of its
 * maximum. That is below 0.013 or above 0.987 for the sigmoid, beyond ±0.975 for tanh.
 */
export function saturatedShare(values: ArrayLike<number>, activation: "sigmoid" | "tanh"): number {
  const relativeSlope = activation === "sigmoid" ? (y: number) => 4 * y * (1 - y) : (y: number) => 1 - y * y;
  let saturated = 0;
  for (let i = 0; i < values.length; i++) if (relativeSlope(values[i]) < 0.05) saturated++;
  return saturated / values.length;
}

/**
 * The share of units that output 0 for every input, and so do not learn. `values` is a layer's output
 * `[batch, units]`, row by row.
 *
 * @throws RangeError if the values do not fill whole rows of `units`.
 */
export function deadShare(values: ArrayLike<number>, units: number): number {
  if (values.length % units !== 0) {
    throw new RangeError(
      `deadShare: ${values.length} values do not fill whole rows of ${units} units; pass the layer's width`,
    );
  }
  const alive = new Array<boolean>(units).fill(false);
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) alive[i % units] = true;
  return alive.filter((isAlive) => !isAlive).length / units;
}
