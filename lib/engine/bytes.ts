/**
 * Images that stay bytes until numbers are needed of them: a quarter of the memory, in each process that trains on them.
 */
import { native, tf } from "./backend";
import { changing } from "./changing";
import { peek } from "./lazy";
import { tested } from "./pure";

/** The number that each byte stands for: 0 … 1. */
export const NUMBERS = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Bytes in an int32: tfjs has no type for bytes; and most are 0, so that JavaScript skips four at once. */
const BYTES = 4;

/** A matrix of numbers 0 … 1, kept as bytes 0 … 255. */
export class ByteMatrix {
  isDisposed = false;
  /** `[rows, ⌈columns / 4⌉]`, four bytes in each. */
  private readonly words: Int32Array;
  private readonly width: number;

  constructor(
    bytes: Uint8Array,
    readonly shape: [rows: number, columns: number],
  ) {
    this.words = wordsOf(bytes, shape);
    this.width = this.words.length / shape[0];
  }

  /**
   * Some rows as numbers, `[count, columns]` float32, the same on each backend.
   * @param places says which, again at each call of a step
   */
  rows(places: () => Int32Array): tf.Tensor {
    const { words, width } = this;
    if (tf.getBackend() !== "tensorflow") return this.trimmed(changing(() => numbersAt(places(), words, width)));
    return this.trimmed(numbersOf(changing(() => wordsAt(places(), words, width))));
  }

  /** All rows as numbers. */
  all(): tf.Tensor {
    const every = Int32Array.from({ length: this.shape[0] }, (_, row) => row);
    return tf.tidy(() => this.rows(() => every));
  }

  /** Says that the matrix is not to be used any more. */
  dispose(): void {
    this.isDisposed = true;
  }

  /** Without what fills up the last word of a row. */
  private trimmed(numbers: tf.Tensor): tf.Tensor {
    const [rows, width] = numbers.shape as [number, number];
    const [, columns] = this.shape;
    return width === columns ? numbers : numbers.slice([0, 0], [rows, columns]);
  }
}
tested(ByteMatrix);

/** The bytes, row by row; in the same memory if whole words begin where rows do. */
function wordsOf(bytes: Uint8Array, [rows, columns]: [number, number]): Int32Array {
  const width = Math.ceil(columns / BYTES);
  let padded = bytes;
  if (columns !== width * BYTES || bytes.byteOffset % BYTES > 0) {
    padded = new Uint8Array(rows * width * BYTES);
    for (let row = 0; row < rows; row++)
      padded.set(bytes.subarray(row * columns, (row + 1) * columns), row * width * BYTES);
  }
  return new Int32Array(padded.buffer, padded.byteOffset, rows * width);
}

/** Some rows of words, `[count, width]` int32. */
function wordsAt(places: Int32Array, words: Int32Array, width: number): tf.Tensor {
  const rows = new Int32Array(places.length * width);
  places.forEach((place, i) => rows.set(words.subarray(place * width, (place + 1) * width), i * width));
  return tf.tensor2d(rows, [places.length, width], "int32");
}

/** Words as the numbers that their bytes stand for, by TensorFlow: `[count, width]` → `[count, 4 · width]` float32. */
function numbersOf(words: tf.Tensor): tf.Tensor {
  const [count, width] = words.shape as [number, number];
  const { TF_ATTR_TYPE: type, TF_ATTR_BOOL, TF_INT32, TF_UINT8, TF_FLOAT } = native!.binding;
  const bitcast = [
    { name: "T", type, value: TF_INT32 },
    { name: "type", type, value: TF_UINT8 },
  ];
  const cast = [
    { name: "SrcT", type, value: TF_UINT8 },
    { name: "DstT", type, value: TF_FLOAT },
    { name: "Truncate", type: TF_ATTR_BOOL, value: false },
  ];
  const bytes = native!.executeSingleOutput("Bitcast", bitcast, [words]);
  const numbers = native!.executeSingleOutput("Cast", cast, [bytes]);
  return numbers.reshape([count, BYTES * width]).div(255);
}

/** Some rows of words as these numbers, by JavaScript. */
function numbersAt(places: Int32Array, words: Int32Array, width: number): tf.Tensor {
  const numbers = new Float32Array(places.length * width * BYTES);
  let next = 0;
  for (let i = 0; i < places.length; i++) {
    const end = (places[i] + 1) * width;
    for (let at = places[i] * width; at < end; at++, next += BYTES) {
      const word = words[at];
      if (word === 0) continue;
      numbers[next] = NUMBERS[word & 255];
      numbers[next + 1] = NUMBERS[(word >> 8) & 255];
      numbers[next + 2] = NUMBERS[(word >> 16) & 255];
      numbers[next + 3] = NUMBERS[word >>> 24];
    }
  }
  return tf.tensor2d(numbers, [places.length, width * BYTES]);
}

/** The bytes that an object's `x` would be made of, if it is. */
export function bytesOf(object: { x: tf.Tensor }): ByteMatrix | undefined {
  const x = peek(object, "x");
  return x instanceof ByteMatrix ? x : undefined;
}
