import assert from "node:assert/strict";
import test from "node:test";
import { miniBatch, type Examples } from "../trainer";
import { tf } from "../engine/backend";
import { Dataset, shuffleDataset, splitValidation, type DatasetForm } from "./dataset";
import { randomStream } from "../random";

const form: DatasetForm = { rows: 2, columns: 3, classes: 4 };

/** `count` images of 2 × 3 pixels, each with pixels 6i … 6i + 5 and label i mod 4. */
function example(count: number): Dataset {
  const pixels = Uint8Array.from({ length: 6 * count }, (_, i) => i);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 4);
  return new Dataset(pixels, labels, form);
}

test("pixels become numbers from 0 to 1", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const { images } = new Dataset(bytes, new Uint8Array(1), { ...form, rows: 16, columns: 16 });
  assert.ok(images instanceof Float32Array);
  assert.equal(images[0], 0);
  assert.equal(images[255], 1);
  bytes.forEach((byte) => assert.ok(Math.abs(images[byte] * 255 - byte) < 1e-4));
});

test("tensors are a row of pixels and a label for each image", async () => {
  const set = example(5);
  const { x, t, count } = set.tensors();
  assert.deepEqual([x.shape, x.dtype, t.shape, t.dtype, count], [[5, 6], "float32", [5], "int32", 5]);
  const bytes = ((await x.array()) as number[][])[1].map((value) => Math.round(value * 255));
  assert.deepEqual(bytes, [6, 7, 8, 9, 10, 11]);
  assert.deepEqual([...(await t.data())], [0, 1, 2, 3, 0]);
  set.dispose();
});

test("tensors are made once, survive a tidy, and are freed by dispose", () => {
  const before = tf.memory().numTensors;
  const set = example(3);
  tf.tidy(() => void set.tensors());
  const made = tf.memory().numTensors - before;
  const x = tf.tidy(() => set.tensors().x);
  assert.equal(set.tensors().x, x);
  assert.equal(x.isDisposed, false);
  assert.equal(tf.memory().numTensors, before + made + 1);
  set.dispose();
  set.dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.equal(set.tensors().x.isDisposed, false);
  const left = set.tensors();
  set.dispose();
  assert.throws(() => left.x, /^Error: The set has been disposed; call its tensors\(\) again$/);
  assert.equal(tf.memory().numTensors, before);
});

test("another x may be put in the place of a set's own, in it or in a copy", () => {
  tf.tidy(() => {
    const set = example(3);
    const batch = (examples: Examples) => [...miniBatch(examples, 2, randomStream(1, "batches")).x.dataSync()];
    const own = batch(set.tensors());
    assert.deepEqual(batch({ ...set.tensors() }), own);
    const [ones, tensors] = [tf.ones([3, 6]), set.tensors()];
    assert.deepEqual(batch({ ...tensors, x: ones }), new Array(12).fill(1));
    assert.deepEqual(batch(tensors), own);
    assert.deepEqual(batch(Object.assign(tensors, { x: ones })), new Array(12).fill(1));
    assert.deepEqual(batch(set.tensors()), own);
    set.dispose();
  });
});

test("take, slice and select keep images and labels together", () => {
  const set = example(7);
  assert.deepEqual([...set.take(2).pixels], [...set.pixels].slice(0, 12));
  assert.deepEqual([...set.take(2).labels], [0, 1]);
  assert.deepEqual([...set.slice(5).labels], [1, 2]);
  assert.deepEqual([...set.slice(5, 6).pixels], [30, 31, 32, 33, 34, 35]);
  const chosen = set.select([6, 0, 6]);
  assert.deepEqual([...chosen.labels], [2, 0, 2]);
  assert.deepEqual([...chosen.pixels], [36, 37, 38, 39, 40, 41, 0, 1, 2, 3, 4, 5, 36, 37, 38, 39, 40, 41]);
  assert.equal(set.take(7).count, 7);
});

test("shuffling moves images with their labels, the same way for the same stream, and leaves the set alone", () => {
  const set = example(40);
  const shuffled = shuffleDataset(set, randomStream(1, "shuffle"));
  assert.deepEqual(shuffled.pixels, shuffleDataset(set, randomStream(1, "shuffle")).pixels);
  assert.notDeepEqual(shuffled.pixels, set.pixels);
  assert.deepEqual(set.pixels, example(40).pixels);
  const firsts = [...shuffled.pixels].filter((_, i) => i % 6 === 0);
  firsts.forEach((first, i) => assert.equal(shuffled.labels[i], (first / 6) % 4));
  assert.deepEqual(
    firsts.sort((a, b) => a - b),
    [...set.pixels].filter((_, i) => i % 6 === 0),
  );
});

test("a validation split takes its share from the front and leaves the rest for training", () => {
  const set = example(10);
  for (const [rate, n] of [
    [0.2, 2],
    [0.29, 3],
    [0.5, 5],
    [0.9, 9],
  ]) {
    const { train, validation } = splitValidation(set, rate);
    assert.deepEqual([validation.count, train.count], [n, 10 - n]);
    assert.deepEqual([...validation.pixels, ...train.pixels], [...set.pixels]);
  }
});

test("wrong numbers are refused with their value", () => {
  const set = example(5);
  for (const n of [0, -1, 6, 1.5, NaN])
    assert.throws(() => set.take(n), new RegExp(`expected .* from 1 to 5, got ${n}`));
  for (const place of [-1, 5, 0.5, NaN])
    assert.throws(() => set.select([0, place]), new RegExp(`from 0 to 4, got ${place}`));
  assert.throws(() => set.select([]), /expected at least one image, got none/);
  for (const [from, to] of [
    [-1, 3],
    [0, 6],
    [3, 3],
    [4, 2],
    [0.5, 2],
    [0, 2.5],
    [NaN, 2],
    [0, NaN],
    [5, undefined],
  ] as const)
    assert.throws(() => set.slice(from, to), new RegExp(`0 ≤ from < to ≤ 5, got from ${from} to ${to ?? 5}`));
  for (const rate of [0, 1, -0.1, 1.1, 0.01, NaN])
    assert.throws(() => splitValidation(set, rate), new RegExp(`the 5 images, got ${rate}`));
  assert.throws(
    () => new Dataset(new Uint8Array(11), new Uint8Array(2), form),
    /2 images of 2 × 3 pixels for 2 labels, got 11 pixels/,
  );
});

test("a set that is none is refused with what is wrong", () => {
  const [pixels, labels] = [new Uint8Array(12), Uint8Array.of(3, 0)];
  assert.equal(new Dataset(Buffer.from(pixels), labels, form).count, 2);
  for (const size of [0, -2, 1.5, NaN, Infinity, "2", undefined] as number[]) {
    for (const name of ["rows", "columns", "classes"]) {
      const message = new RegExp(`expected ${name} to be an integer of at least 1, got ${size}`);
      assert.throws(() => new Dataset(pixels, labels, { ...form, [name]: size }), message);
    }
  }
  assert.throws(
    () => new Dataset(pixels, Uint8Array.of(3, 4), form),
    /Dataset: expected labels from 0 to 3, found 4 at place 1/,
  );
  assert.throws(() => new Dataset(new Uint8Array(), new Uint8Array(), form), /expected at least one image, got none/);
  assert.throws(() => new Dataset(new Float32Array(12) as never, labels, form), /pixels as a Uint8Array.*Float32Array/);
  assert.throws(() => new Dataset(pixels, [3, 0] as never, form), /labels as a Uint8Array, got \[object Array\]/);
});
