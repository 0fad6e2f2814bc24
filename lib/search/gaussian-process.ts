import { CholeskyDecomposition, Matrix } from "ml-matrix";

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
   * @throws RangeError if the covariance is not positive definite, as for equal places without noise.
   */
  constructor(
    private readonly x: number[][],
    y: number[],
    private readonly options: GaussianProcessOptions,
  ) {
    const covariance = x.map((a, i) => x.map((b, j) => this.covariance(a, b) + (i === j ? options.noise : 0)));
    this.cholesky = new CholeskyDecomposition(new Matrix(covariance));
    if (!this.cholesky.isPositiveDefinite()) {
      throw new RangeError(`GaussianProcess: places too close together for noise ${options.noise}; give it more noise`);
    }
    this.weights = this.cholesky.solve(Matrix.columnVector(y)).to1DArray();
    const logRootDeterminant = this.cholesky.lowerTriangularMatrix.diagonal().reduce((sum, d) => sum + Math.log(d), 0);
    this.logLikelihood = -dot(y, this.weights) / 2 - logRootDeterminant - (y.length / 2) * Math.log(2 * Math.PI);
  }

  /** Mean and standard deviation of the function (without noise) at a place `[dimensions]`. */
  predict(place: number[]): { mean: number; deviation: number } {
    const k = this.x.map((observed) => this.covariance(observed, place));
    const solved = this.cholesky.solve(Matrix.columnVector(k)).to1DArray();
    const variance = this.options.variance - dot(k, solved);
    return { mean: dot(k, this.weights), deviation: Math.sqrt(Math.max(variance, 0)) };
  }

  private covariance(a: number[], b: number[]): number {
    const { lengthScales, variance } = this.options;
    const r = Math.sqrt(5) * Math.hypot(...a.map((value, i) => (value - b[i]) / lengthScales[i]));
    return variance * (1 + r + (r * r) / 3) * Math.exp(-r);
  }
}

/**
 * By how much a normally distributed value exceeds `best` on average, counting 0 when it does not.
 * Jones, Schonlau, Welch: Efficient Global Optimization of Expensive Black-Box Functions, 1998, equation 15.
 */
export function expectedImprovement(mean: number, deviation: number, best: number): number {
  if (deviation === 0) return Math.max(mean - best, 0);
  const z = (mean - best) / deviation;
  return Math.max(deviation * (normalDensity(z) + z * normalDistribution(z)), 0);
}

function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** The probability that a standard normal variable is below z, from its Taylor series (Marsaglia, 2004). */
export function normalDistribution(z: number): number {
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
