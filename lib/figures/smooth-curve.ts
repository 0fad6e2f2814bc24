/** Number of values in the window: the value itself and five on either side. */
const WINDOW_LENGTH = 11;
const HALF_WINDOW = (WINDOW_LENGTH - 1) / 2;
/** The shape of the window: at 0 all values have equal weight; the higher β, the less weight at the edges. */
const BETA = 2;

/**
 * The modified Bessel function of the first kind of order 0, by its power series
 * `I₀(x) = Σ_k ((x/2)ᵏ / k!)²`, summed until it no longer changes.
 */
function besselI0(x: number): number {
  let sum = 0;
  let term = 1;
  for (let k = 1; sum + term !== sum; k++) {
    sum += term;
    term *= (x / 2 / k) ** 2;
  }
  return sum;
}

/**
 * The Kaiser window `w_j = I₀(β √(1 − (j/5)²)) / I₀(β)`, j = −5 … 5: Kaiser and Schafer, "On the Use
 * of the I₀-Sinh Window for Spectrum Analysis", 1980. In an average `I₀(β)` cancels.
 */
const kaiserWindow = Array.from({ length: WINDOW_LENGTH }, (_, i) =>
  besselI0(BETA * Math.sqrt(1 - (i / HALF_WINDOW - 1) ** 2)),
);

/**
 * A curve without its jitter, for plots of the training loss: each value becomes the mean of the 11
 * around it, weighted by a Kaiser window with β = 2.
 *
 * Beyond its ends the curve is mirrored: at the first value, and just after the last one, which thus
 * counts twice. This works for curves of any length, even of one value.
 *
 * A value that is not a finite number, as in a run that diverged, becomes `null`, which Plotly leaves
 * blank; the means of its neighbours are taken without it.
 *
 * @param values one number per step.
 * @returns as many values as given.
 */
export function smoothCurve(values: ArrayLike<number | null>): (number | null)[] {
  return Array.from(values, (value, i) => {
    if (!Number.isFinite(value)) return null;
    let sum = 0;
    let weights = 0;
    kaiserWindow.forEach((weight, j) => {
      const neighbour = values[mirrored(i + j - HALF_WINDOW, values.length)];
      if (neighbour === null || !Number.isFinite(neighbour)) return;
      sum += weight * neighbour;
      weights += weight;
    });
    return sum / weights;
  });
}

/** The index within a curve of `length` values that mirrors index `i`. */
function mirrored(i: number, length: number): number {
  while (i < 0 || i >= length) i = i < 0 ? -i : 2 * length - 1 - i;
  return i;
}
