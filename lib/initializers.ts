import type { RandomStream } from "./random";

/** How the standard deviation of a layer's initial weights is chosen: by rule, or as a number. */
export type InitialWeights = keyof typeof scales | number;

const he = (inputs: number) => Math.sqrt(2 / inputs);
const xavier = (inputs: number) => Math.sqrt(1 / inputs);

/** Each rule also has the name of the activation it is meant for. */
export const scales = { he, relu: he, xavier, sigmoid: xavier };

/**
 * The standard deviation of the initial weights of a layer with `inputs` inputs, n:
 *
 * - `"he"` or `"relu"`: `σ = √(2 / n)`. ReLU sets half of its inputs to 0, so twice the variance is
 *   needed to keep the activations' spread. He et al., "Delving Deep into Rectifiers", 2015.
 *   https://arxiv.org/abs/1502.01852
 * - `"xavier"` or `"sigmoid"`: `σ = √(1 / n)`, which keeps the spread through an activation that is
 *   roughly linear around 0. Glorot and Bengio, "Understanding the difficulty of training deep
 *   feedforward neural networks", 2010. https://proceedings.mlr.press/v9/glorot10a.html
 *   The paper also takes the number of outputs into account, `√(2 / (n + outputs))`; this is the chapter's form.
 * - a number: σ itself.
 *
 * @throws if `init` is none of these, or `inputs` is not a positive integer.
 */
export function weightScale(init: InitialWeights, inputs: number): number {
  if (!Number.isSafeInteger(inputs) || inputs < 1) {
    throw new RangeError(`weightScale: expected the number of inputs to be a positive integer, got ${inputs}`);
  }
  if (typeof init === "number" && init >= 0 && init < Infinity) return init;
  if (typeof init === "string" && Object.hasOwn(scales, init)) return scales[init](inputs);
  throw new RangeError(
    `initial weights: expected ${Object.keys(scales).join(", ")} or a standard deviation of at least 0, got ${String(init)}`,
  );
}

/**
 * The initial weights of a layer, `[inputs, units]` row by row: normally distributed with mean 0 and standard
 * deviation {@link weightScale}.
 *
 * @throws as `weightScale` does, and if `units` is not a positive integer.
 */
export function initialWeights(
  init: InitialWeights,
  inputs: number,
  units: number,
  stream: RandomStream,
): Float32Array {
  const scale = weightScale(init, inputs);
  if (!Number.isSafeInteger(units) || units < 1) {
    throw new RangeError(`initialWeights: expected the number of units to be a positive integer, got ${units}`);
  }
  return stream.normals(inputs * units, scale);
}
