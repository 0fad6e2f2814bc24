import { tf } from "../engine/backend";
import { ByteMatrix } from "../engine/bytes";
import { unrecorded } from "../engine/changing";
import { defineLazily } from "../engine/lazy";
import { tested } from "../engine/pure";
import type { Dataset } from "./dataset";

/** What the tensors of a set have in common. */
interface Source {
  bytes: ByteMatrix;
  t: tf.Tensor;
  x?: tf.Tensor;
}

/** A set as tensors, which stay inside `tf.tidy` too, until `dispose()`. */
export class DatasetTensors {
  /** `[count, rows · columns]` float32, 0 … 1. Made when first read: a mini-batch is taken from bytes. */
  declare readonly x: tf.Tensor;
  /** `[count]` int32. */
  readonly t: tf.Tensor;
  readonly count: number;
  readonly #source: Source;

  private constructor(source: Source) {
    this.#source = source;
    this.t = source.t;
    [this.count] = source.bytes.shape;
    defineLazily(this, "x", source.bytes, () => allOf(source));
  }

  static of({ pixels, labels, count, form }: Dataset): DatasetTensors {
    return new DatasetTensors({
      bytes: new ByteMatrix(pixels, [count, form.rows * form.columns]),
      t: unrecorded(() => tf.keep(tf.tensor1d(Int32Array.from(labels), "int32"))),
    });
  }

  /** The same tensors once more, so that nobody finds what another has put in their place. */
  again(): DatasetTensors {
    return new DatasetTensors(this.#source);
  }

  /** All of `x`, if it has been made. */
  get made(): tf.Tensor | undefined {
    return this.#source.x;
  }

  dispose(): void {
    const { bytes, t, x } = this.#source;
    bytes.dispose();
    tf.dispose([t, x]);
  }
}
tested(DatasetTensors);

function allOf(source: Source): tf.Tensor {
  if (source.bytes.isDisposed) throw new Error("The set has been disposed; call its tensors() again");
  if (!source.x || source.x.isDisposed) source.x = unrecorded(() => tf.keep(source.bytes.all()));
  return source.x;
}
