import { tf } from "../backend";
import { loadMnist } from "../mnist";
import { randomStream } from "../random";
import type { Examples, Measurement } from "../trainer";
import type { DataSpec } from "./spec";

interface Prepared {
  train: Examples;
  validation?: Examples;
  test?: Examples;
}

/** Sets already made in this process. They stay: the next run most likely needs the same ones. */
const made = new Map<string, Examples>();

/** The sets that a run needs, made once a process and shared by its runs. */
export function prepare(data: DataSpec, record: Measurement[]): Prepared {
  const { images, validation = 0, shuffleSeed } = data;
  const order = () =>
    shuffleSeed === undefined ? Array.from({ length: images }, (_, i) => i) : randomStream(shuffleSeed, "shuffle").permutation(images);
  const key = JSON.stringify([images, validation, shuffleSeed]);
  return {
    train: once(`train ${key}`, () => examples("train", order().slice(validation))),
    ...(validation > 0 && { validation: once(`validation ${key}`, () => examples("train", order().slice(0, validation))) }),
    ...(record.includes("testAccuracy") && { test: once("test", () => examples("test")) }),
  };
}

function once(key: string, make: () => Examples): Examples {
  const set = made.get(key) ?? make();
  made.set(key, set);
  return set;
}

/** The given rows of MNIST's training or test set, or all of them. */
function examples(part: "train" | "test", rows?: number[]): Examples {
  const { images, labels, count } = loadMnist()[part];
  rows ??= Array.from({ length: count }, (_, i) => i);
  const size = images.length / count;
  const x = new Float32Array(rows.length * size);
  rows.forEach((row, i) => x.set(images.subarray(row * size, (row + 1) * size), i * size));
  const t = Int32Array.from(rows, (row) => labels[row]);
  return {
    x: tf.keep(tf.tensor2d(x, [rows.length, size])),
    t: tf.keep(tf.tensor1d(t, "int32")),
    count: rows.length,
  };
}
