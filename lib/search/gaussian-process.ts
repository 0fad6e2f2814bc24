import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { refuseUnless } from "./checks";

export interface GaussianProcessOptions {
  /** In each dimension, the distance over which values remain similar. */
  lengthScales: number[];
  /** Variance of the values about their mean of 0. */
  variance: number;
  /** Variance of the random error of each observed value. */
  noise: number;
}

/**
 * A distribution over smooth functions, given noisy values of one of them: regression that knows how certain it is.
 *
 * The functions have mean 0 and the Matérn-5/2 covariance. Rasmussen, Williams: Gaussian Processes for Machine
 * Learning, 2006, algorithm 2.1 and equation 4.17.
 */
export class GaussianProcess {
  /** The logarithm of the probability density of the observed values: how well the options explain them. */
  readonly logLikelihood: number;
  private readonly cholesky: CholeskyDecomposition;
  private readonly weights: number[];

  /**
   * @param x observed places, `[count][dimensions]`
   * @param y observed values, `[count]`
   * @throws RangeError if a number is not finite, counts or dimensions do not match, a length scale or the variance is not
   * positive, the noise is negative, or the covariance is not positive definite, as for equal places without noise.
   */
  constructor(
    private readonly x: number[][],
    y: number[],
    private readonly options: GaussianProcessOptions,
  ) {
    const { lengthScales, variance, noise } = options;
    const areScales = lengthScales.length > 0 && lengthScales.every((scale) => scale > 0 && scale < Infinity);
    refuseUnless(areScales, "GaussianProcess: expected a positive length scale in each dimension", lengthScales);
    refuseUnless(variance > 0 && variance < Infinity, "GaussianProcess: expected a positive variance", variance);
    refuseUnless(noise >= 0 && noise < Infinity, "GaussianProcess: expected a noise of 0 or more", noise);
    x.forEach((place) => this.checkPlace(place));
    const areValues = y.length > 0 && y.length === x.length && y.every(Number.isFinite);
    refuseUnless(areValues, `GaussianProcess: expected a finite value at each of ${x.length} places, at least one`, y);
    const covariance = x.map((a, i) => x.map((b, j) => this.covariance(a, b) + (i === j ? noise : 0)));
    this.cholesky = new CholeskyDecomposition(new Matrix(covariance));
    if (!this.cholesky.isPositiveDefinite()) {
      throw new RangeError(`GaussianProcess: places too close together for noise ${noise}; give it more noise`);
    }
    this.weights = this.cholesky.solve(Matrix.columnVector(y)).to1DArray();
    const logRootDeterminant = this.cholesky.lowerTriangularMatrix.diagonal().reduce((sum, d) => sum + Math.log(d), 0);
    this.logLikelihood = -dot(y, this.weights) / 2 - logRootDeterminant - (y.length / 2) * Math.log(2 * Math.PI);
  }

  /**
   * Mean and standard deviation of the function (without noise) at a place `[dimensions]`.
   * @throws RangeError if the place has other dimensions, or a number that is not finite.
   */
  predict(place: number[]): { mean: number; deviation: number } {
    this.checkPlace(place);
    const k = this.x.map((observed) => this.covariance(observed, place));
    const solved = this.cholesky.solve(Matrix.columnVector(k)).to1DArray();
    const variance = this.options.variance - dot(k, solved);
    return { mean: dot(k, this.weights), deviation: Math.sqrt(Math.max(variance, 0)) };
  }

  private checkPlace(place: number[]): void {
    const dimensions = this.options.lengthScales.length;
    const isPlace = place.length === dimensions && place.every(Number.isFinite);
    refuseUnless(isPlace, `GaussianProcess: expected places of ${dimensions} finite numbers`, place);
  }

  private covariance(a: number[], b: number[]): number {
    const { lengthScales, variance } = this.options;
    const r = Math.sqrt(5) * Math.hypot(...a.map((value, i) => (value - b[i]) / lengthScales[i]));
    const decay = Math.exp(-r);
    return decay === 0 ? 0 : variance * (1 + r + (r * r) / 3) * decay; // so far apart r * r may be infinite
  }
}

/**
 * By how much a normally distributed value exceeds `best` on average, counting 0 when it does not.
 * Jones, Schonlau, Welch: Efficient Global Optimization of Expensive Black-Box Functions, 1998, equation 15.
 *
 * @throws RangeError if an argument is not finite, or the deviation negative.
 */
export function expectedImprovement(mean: number, deviation: number, best: number): number {
  for (const [name, value] of Object.entries({ mean, deviation, best })) {
    refuseUnless(Number.isFinite(value), `expectedImprovement: expected a finite ${name}`, value);
  }
  refuseUnless(deviation >= 0, "expectedImprovement: expected a deviation of 0 or more", deviation);
  const z = (mean - best) / deviation;
  if (!Number.isFinite(z)) return Math.max(mean - best, 0); // nothing is left to chance
  return Math.max(deviation * (normalDensity(z) + z * normalDistribution(z)), 0);
}

function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/**
 * The probability that a standard normal variable is below z, from its Taylor series (Marsaglia, 2004).
 * @throws RangeError if z is NaN, whose series would never come to its end.
 */
export function normalDistribution(z: number): number {
  refuseUnless(!Number.isNaN(z), "normalDistribution: expected a number", z);
  if (Math.abs(z) > 8) return z < 0 ? 0 : 1;
  let sum = z;
  let term = z;
  for (let i = 3, last = NaN; sum !== last; i += 2) {
    last = sum;
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + sum * normalDensity(z);
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
