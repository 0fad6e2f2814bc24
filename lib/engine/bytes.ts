/**
 * Images that stay bytes until numbers are needed of them: a quarter of the memory, in each process that trains on them.
 */
import { native, tf } from "./backend";
import { peek } from "./lazy";
import { tested } from "./pure";

/** The number that each byte stands for: 0 … 1. */
export const NUMBERS = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Bytes in an int32: TensorFlow gathers rows of these, as tfjs has no type for bytes. */
const BYTES = 4;

/** A matrix of numbers 0 … 1, kept as bytes 0 … 255. */
export class ByteMatrix {
  isDisposed = false;
  /** In TensorFlow's memory, four bytes in each number: `[rows, ⌈columns / 4⌉]` int32. */
  private readonly words?: tf.Tensor;
  /** On other backends, as they were given: JavaScript picks rows faster than these do. */
  private readonly bytes?: Uint8Array;

  constructor(
    bytes: Uint8Array,
    readonly shape: [rows: number, columns: number],
  ) {
    if (tf.getBackend() === "tensorflow") {
      this.words = tf.keep(wordsOf(bytes, shape));
      tf.tidy(() => this.words!.slice(0, 1)); // the first operation copies them
    } else this.bytes = bytes;
  }

  /**
   * @param places of rows, `[count]` int32
   * @returns these rows as numbers, `[count, columns]` float32, the same on each backend
   */
  rows(places: tf.Tensor): tf.Tensor {
    const { words, bytes } = this;
    if (!bytes) return this.unpacked(tf.gather(words!, places));
    const [, columns] = this.shape;
    const numbers = new Float32Array(places.size * columns);
    let next = 0;
    for (const place of places.dataSync<"int32">()) {
      const end = (place + 1) * columns;
      for (let i = place * columns; i < end; i++) numbers[next++] = NUMBERS[bytes[i]];
    }
    return tf.tensor2d(numbers, [places.size, columns]);
  }

  /** All rows as numbers. */
  all(): tf.Tensor {
    const { words, bytes } = this;
    if (!bytes) return tf.tidy(() => this.unpacked(words!));
    return tf.tensor2d(
      Float32Array.from(bytes, (byte) => NUMBERS[byte]),
      this.shape,
    );
  }

  dispose(): void {
    this.isDisposed = true;
    this.words?.dispose();
  }

  private unpacked(words: tf.Tensor): tf.Tensor {
    const { TF_ATTR_TYPE: type, TF_ATTR_BOOL, TF_INT32, TF_UINT8, TF_FLOAT } = native!.binding;
    const [rows, width] = words.shape as [number, number];
    const bytes = native!.executeSingleOutput(
      "Bitcast",
      [
        { name: "T", type, value: TF_INT32 },
        { name: "type", type, value: TF_UINT8 },
      ],
      [words],
    );
    const numbers = native!.executeSingleOutput(
      "Cast",
      [
        { name: "SrcT", type, value: TF_UINT8 },
        { name: "DstT", type, value: TF_FLOAT },
        { name: "Truncate", type: TF_ATTR_BOOL, value: false },
      ],
      [bytes],
    );
    const [, columns] = this.shape;
    const padded = numbers.reshape([rows, width * BYTES]).div(255);
    return columns === width * BYTES ? padded : padded.slice([0, 0], [rows, columns]);
  }
}
tested(ByteMatrix);

function wordsOf(bytes: Uint8Array, [rows, columns]: [number, number]): tf.Tensor {
  const width = Math.ceil(columns / BYTES);
  let padded = bytes;
  if (columns !== width * BYTES || bytes.byteOffset % BYTES > 0) {
    padded = new Uint8Array(rows * width * BYTES);
    for (let row = 0; row < rows; row++)
      padded.set(bytes.subarray(row * columns, (row + 1) * columns), row * width * BYTES);
  }
  return tf.tensor2d(new Int32Array(padded.buffer, padded.byteOffset, rows * width), [rows, width], "int32");
}

/** The bytes that an object's `x` would be made of, if it is. */
export function bytesOf(object: { x: tf.Tensor }): ByteMatrix | undefined {
  const x = peek(object, "x");
  return x instanceof ByteMatrix ? x : undefined;
}
