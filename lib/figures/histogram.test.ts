import assert from "node:assert/strict";
import test from "node:test";
import { deadShare, histogram, saturatedShare } from "./histogram";

test("counts by hand: both edges belong to the range, the rest is counted beside it", () => {
  assert.deepEqual(histogram([-0.1, 0, 0.24, 0.25, 0.5, 0.99, 1, 1.5, Infinity], [0, 1], 4), {
    counts: [2, 1, 1, 2],
    below: 1,
    above: 2,
  });
});

test("every value is counted once, in Float32Array too", () => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i * i));
  const { counts, below, above } = histogram(values, [-0.5, 0.9], 30);
  assert.equal(counts.reduce((sum, count) => sum + count, 0) + below + above, 1000);
  assert.equal(below, values.filter((value) => value < -0.5).length);
  assert.equal(above, values.filter((value) => value > 0.9).length);
});

test("what cannot be counted is refused, with the value and its place", () => {
  assert.throws(() => histogram([0.1, NaN], [0, 1], 3), /value 1 is NaN/);
  assert.throws(() => histogram([], [0, 1], 3), /no values/);
});

test("saturated is where the slope is under a twentieth of its largest", () => {
  // σ'(x)/σ'(0) = 0.05 at |x| = 4.357, tanh'(x)/tanh'(0) = 0.05 at |x| = 2.178, both from 1/cosh².
  const sigmoid = [-4.4, -4.3, 0, 4.3, 4.4].map((x) => 1 / (1 + Math.exp(-x)));
  assert.equal(saturatedShare(sigmoid, "sigmoid"), 2 / 5);
  assert.equal(saturatedShare([-2.2, -2.1, 0, 2.1].map(Math.tanh), "tanh"), 1 / 4);
});

test("a unit is dead if it is 0 for every input", () => {
  assert.equal(deadShare([0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0], 4), 2 / 4);
  assert.throws(() => deadShare([0, 1, 2], 2), /3 values do not fill whole rows of 2 units/);
});
