import type { tf } from "../engine/backend";
import { NUMBERS } from "../engine/bytes";
import type { RandomStream } from "../random";
import { DatasetTensors } from "./tensors";

/** What a set's images and labels are. */
export interface DatasetForm {
  /** Size of an image in pixels. */
  rows: number;
  columns: number;
  /** Labels are 0 … `classes` − 1. */
  classes: number;
}

/**
 * Images and what they show. Immutable: `take`, `slice` and `select` return a new `Dataset`.
 *
 * Pixels stay bytes until they are asked for as numbers, so that a part of a large set costs little.
 */
export class Dataset {
  /** Number of images. */
  readonly count: number;
  private numbers?: Float32Array;
  private made?: DatasetTensors;

  /**
   * @param pixels 0 … 255, image by image, row by row.
   * @param labels the class of each image.
   * @throws if there is no image, if pixels, labels and form disagree, or if a label is none of the classes.
   */
  constructor(
    readonly pixels: Uint8Array,
    readonly labels: Uint8Array,
    readonly form: DatasetForm,
  ) {
    for (const [name, array] of Object.entries({ pixels, labels })) {
      const type = Object.prototype.toString.call(array);
      if (type !== "[object Uint8Array]") throw new TypeError(`Dataset: expected ${name} as a Uint8Array, got ${type}`);
    }
    const { rows, columns, classes } = form;
    for (const [name, size] of Object.entries({ rows, columns, classes })) {
      if (!Number.isSafeInteger(size) || size < 1)
        throw new RangeError(`Dataset: expected ${name} to be an integer of at least 1, got ${size}`);
    }
    if (labels.length === 0) throw new RangeError("Dataset: expected at least one image, got none");
    this.count = labels.length;
    if (pixels.length !== labels.length * rows * columns) {
      throw new Error(
        `Dataset: expected ${labels.length} images of ${rows} × ${columns} pixels for ${labels.length} labels, got ${pixels.length} pixels`,
      );
    }
    const problem = labelProblem(labels, classes);
    if (problem) throw new RangeError(`Dataset: ${problem}`);
  }

  /** All pixels as numbers 0 … 1, image by image. Made when first read. */
  get images(): Float32Array {
    return (this.numbers ??= Float32Array.from(this.pixels, (pixel) => NUMBERS[pixel]));
  }

  /**
   * The set as tensors: `x` `[count, rows · columns]` float32, and `t` `[count]` int32. Kept, inside `tf.tidy` too, until
   * `dispose()`. All of `x` is made only when it is read, since mini-batches are taken from bytes.
   */
  tensors(): { readonly x: tf.Tensor; readonly t: tf.Tensor; readonly count: number } {
    return (this.made ??= DatasetTensors.of(this)).again();
  }

  /** Frees the tensors, if there are any. */
  dispose(): void {
    this.made?.dispose();
    this.made = undefined;
  }

  /**
   * The first `n` images.
   * @throws if there are fewer.
   */
  take(n: number): Dataset {
    if (!Number.isInteger(n) || n < 1 || n > this.count) {
      throw new RangeError(`take: expected a number of images from 1 to ${this.count}, got ${n}`);
    }
    return this.slice(0, n);
  }

  /**
   * Images `from` up to but not including `to`. Shares this set's memory.
   * @throws if these are not places in the set, or if there is none between them.
   */
  slice(from: number, to = this.count): Dataset {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from >= to || to > this.count) {
      throw new RangeError(`slice: expected integers 0 ≤ from < to ≤ ${this.count}, got from ${from} to ${to}`);
    }
    const size = this.form.rows * this.form.columns;
    return new Dataset(this.pixels.subarray(from * size, to * size), this.labels.subarray(from, to), this.form);
  }

  /**
   * The images at these places, in this order; a place may occur more than once.
   * @throws if one is not a place in the set, or if there is none.
   */
  select(places: ArrayLike<number>): Dataset {
    const size = this.form.rows * this.form.columns;
    const pixels = new Uint8Array(places.length * size);
    const labels = new Uint8Array(places.length);
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      if (!Number.isInteger(place) || place < 0 || place >= this.count) {
        throw new RangeError(`select: expected places from 0 to ${this.count - 1}, got ${place}`);
      }
      pixels.set(this.pixels.subarray(place * size, (place + 1) * size), i * size);
      labels[i] = this.labels[place];
    }
    return new Dataset(pixels, labels, this.form);
  }
}

/** What is wrong with labels that are not all of 0 … `classes` − 1. */
export function labelProblem(labels: Uint8Array, classes: number): string | undefined {
  const place = labels.findIndex((label) => label >= classes);
  return place < 0 ? undefined : `expected labels from 0 to ${classes - 1}, found ${labels[place]} at place ${place}`;
}

/** The same images in another order, each with its label. */
export function shuffleDataset(set: Dataset, stream: RandomStream): Dataset {
  return set.select(stream.permutation(set.count));
}

/**
 * Sets images apart for choosing hyperparameters with, so that neither training nor the final test
 * sees them. Shuffle first if neighbours in the set resemble each other.
 *
 * @param rate the share of the images that goes to validation, from the front, rounded to whole images.
 * @throws if that leaves either part without images.
 */
export function splitValidation(set: Dataset, rate: number): { train: Dataset; validation: Dataset } {
  const n = Math.round(set.count * rate);
  if (!(n >= 1 && n < set.count)) {
    throw new RangeError(
      `splitValidation: expected a rate that leaves both parts some of the ${set.count} images, got ${rate}`,
    );
  }
  return { train: set.slice(n), validation: set.slice(0, n) };
}
