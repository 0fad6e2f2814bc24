import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Dataset } from "../../data/dataset";
import { DataError } from "../../data/file";
import { loadMnist } from "../../data/mnist";
import { tf } from "../../engine/backend";
import type { RandomStream } from "../../random";

const MOST_MILLISECONDS = 2000;

/**
 * One damaged set of files in MNIST's format, plain or gzipped: it is read as its bytes now say, or refused by the name of
 * one of its files. Nothing else happens, soon, and nothing is left behind.
 */
export default function loadDamagedSet(stream: RandomStream): void {
  const files = validSet(stream);
  damageOne(files, stream);
  const expected = readSet(files);

  const directory = mkdtempSync(join(tmpdir(), "fuzz-idx-"));
  const tensors = tf.memory().numTensors;
  try {
    for (const [name, bytes] of files) writeFileSync(join(directory, name), bytes);
    const start = performance.now();
    const found = load(directory, [...files.keys()]);
    assert.ok(performance.now() - start < MOST_MILLISECONDS, `took ${performance.now() - start} ms`);
    assert.deepEqual(found, expected);
    assert.equal(tf.memory().numTensors, tensors);
    assert.deepEqual(readdirSync(directory).sort(), [...files.keys()].sort());
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Part {
  /** Of the images. */
  shape: number[];
  pixels: number[];
  labels: number[];
}

type Files = Map<string, Buffer>;

/** What the library reads, or `undefined` if it refuses the files as it should. */
function load(directory: string, names: string[]): Part[] | undefined {
  const part = ({ count, form, pixels, labels }: Dataset): Part => ({
    shape: [count, form.rows, form.columns],
    pixels: [...pixels],
    labels: [...labels],
  });
  try {
    const { train, test } = loadMnist({ source: { directory } });
    return [part(train), part(test)];
  } catch (error) {
    assert.ok(error instanceof DataError, `${error}`);
    assert.ok(
      names.some((name) => error.message.startsWith(`${join(directory, name)}: `)),
      error.message,
    );
    return undefined;
  }
}

/** Four files that belong together, of a few images. */
function validSet(stream: RandomStream): Files {
  const size = [1 + stream.integer(4), 1 + stream.integer(4)];
  const files: Files = new Map();
  for (const part of ["train", "t10k"]) {
    const count = 1 + stream.integer(20);
    const gz = stream.integer(2) === 0;
    const add = (name: string, shape: number[], values: number) => {
      const bytes = idx(shape, () => stream.integer(values));
      files.set(`${part}-${name}${gz ? ".gz" : ""}`, gz ? gzipSync(bytes) : bytes);
    };
    add("images-idx3-ubyte", [count, ...size], 256);
    add("labels-idx1-ubyte", [count], 10);
  }
  return files;
}

function idx(shape: number[], value: () => number): Buffer {
  const length = shape.reduce((product, size) => product * size);
  const header = Buffer.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, 0, size])]);
  return Buffer.concat([header, Uint8Array.from({ length }, value)]);
}

/** Damages one file, or the array in it before it was gzipped, or swaps two files. */
function damageOne(files: Files, stream: RandomStream): void {
  const names = [...files.keys()];
  const [name, other] = [0, 1].map(() => names[stream.integer(names.length)]);
  const bytes = files.get(name)!;
  if (stream.integer(10) === 0) {
    files.set(name, files.get(other)!).set(other, bytes);
  } else if (name.endsWith(".gz") && stream.integer(2) === 0) {
    files.set(name, gzipSync(damaged(gunzipSync(bytes), stream)));
  } else {
    files.set(name, damaged(bytes, stream));
  }
}

function damaged(bytes: Buffer, stream: RandomStream): Buffer {
  const at = stream.integer(bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const foreign = Uint8Array.from({ length: 1 + stream.integer(16) }, () => stream.integer(256));
  const size = Uint8Array.from({ length: 4 }, () => [0, 0, 1, 255][stream.integer(4)]);
  const place = 4 * stream.integer(4);
  const pieces = [
    [before, Uint8Array.of(bytes[at] ^ (1 << stream.integer(8))), after.subarray(1)], // a flipped bit
    [before, foreign, after.subarray(foreign.length)], // other bytes
    [before], // truncated
    [before, after.subarray(foreign.length)], // a part is missing
    [before, foreign, after], // a part was inserted
    [bytes.subarray(0, place), size, bytes.subarray(place + 4)], // nonsense in the header
    [gzipSync(bytes)], // gzipped, or gzipped twice
    [bytes, gzipSync(Buffer.alloc(100_000))], // a second, large member
  ];
  return Buffer.concat(pieces[stream.integer(pieces.length)]);
}

/** What a set's bytes say, read without the library; `undefined` if they are no valid set. */
function readSet(files: Files): Part[] | undefined {
  const [train, test] = ["train", "t10k"].map((part): Part | undefined => {
    const images = readArray(files, `${part}-images-idx3-ubyte`, 3);
    const labels = readArray(files, `${part}-labels-idx1-ubyte`, 1);
    if (!images || !labels || labels.shape[0] !== images.shape[0] || Math.max(...labels.values) > 9) return undefined;
    return { shape: images.shape, pixels: images.values, labels: labels.values };
  });
  return train && test && `${train.shape.slice(1)}` === `${test.shape.slice(1)}` ? [train, test] : undefined;
}

function readArray(files: Files, name: string, dimensions: number): { shape: number[]; values: number[] } | undefined {
  const bytes = files.get(name) ?? unzipped(files.get(`${name}.gz`)!);
  const header = 4 + 4 * dimensions;
  if (!bytes || bytes.length < header || bytes.readUInt32BE(0) !== 0x0800 + dimensions) return undefined;
  const shape = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const values = [...bytes.subarray(header)];
  const isWhole = values.length > 0 && values.length === shape.reduce((product, size) => product * size);
  return isWhole ? { shape, values } : undefined;
}

function unzipped(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}
