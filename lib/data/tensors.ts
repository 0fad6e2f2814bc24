import { tf } from "../engine/backend";
import { ByteMatrix } from "../engine/bytes";
import { unrecorded } from "../engine/changing";
import { defineLazily } from "../engine/lazy";
import { tested } from "../engine/pure";
import type { Dataset } from "./dataset";

/** A set as tensors, which stay inside `tf.tidy` too, until `dispose()`. */
export class DatasetTensors {
  /** `[count, rows · columns]` float32, 0 … 1. Made when first read: a mini-batch is taken from bytes. */
  declare readonly x: tf.Tensor;
  /** `[count]` int32. */
  readonly t: tf.Tensor;
  readonly count: number;
  readonly #bytes: ByteMatrix;
  #x?: tf.Tensor;

  constructor({ pixels, labels, count, form }: Dataset) {
    this.count = count;
    this.#bytes = new ByteMatrix(pixels, [count, form.rows * form.columns]);
    this.t = unrecorded(() => tf.keep(tf.tensor1d(Int32Array.from(labels), "int32")));
    defineLazily(this, "x", this.#bytes, () => this.#all());
  }

  #all(): tf.Tensor {
    if (this.#bytes.isDisposed) throw new Error("The set has been disposed; call its tensors() again");
    return (this.#x ??= unrecorded(() => tf.keep(this.#bytes.all())));
  }

  dispose(): void {
    this.#bytes.dispose();
    tf.dispose([this.t, this.#x]);
  }
}
tested(DatasetTensors);
