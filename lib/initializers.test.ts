import assert from "node:assert/strict";
import test from "node:test";
import { initialWeights, weightScale, type InitialWeights } from "./initializers";
import { randomStream } from "./random";

test("the rules give √(2/n) and √(1/n), under both of their names", () => {
  assert.equal(weightScale("he", 50), 0.2);
  assert.equal(weightScale("relu", 50), 0.2);
  assert.equal(weightScale("xavier", 100), 0.1);
  assert.equal(weightScale("sigmoid", 100), 0.1);
});

test("a number is the standard deviation, whatever the number of inputs", () => {
  assert.equal(weightScale(0.01, 784), 0.01);
  assert.equal(weightScale(0, 784), 0);
});

test("weights are [inputs, units] normal numbers of that standard deviation", () => {
  const weights = initialWeights("he", 784, 100, randomStream(1, "weights"));
  assert.equal(weights.length, 784 * 100);
  const expected = Math.sqrt(2 / 784);
  const std = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
  // The standard error of a standard deviation from n values is σ / √(2n).
  assert.ok(Math.abs(std - expected) < (4 * expected) / Math.sqrt(2 * weights.length), `std ${std}`);
});

test("two layers from one stream differ, the same stream again gives the same", () => {
  const stream = randomStream(1, "weights");
  const [first, second] = [initialWeights("xavier", 20, 20, stream), initialWeights("xavier", 20, 20, stream)];
  assert.notDeepEqual(first, second);
  assert.deepEqual(first, initialWeights("xavier", 20, 20, randomStream(1, "weights")));
});

test("keeps the activations' spread through layers: He with ReLU, and Xavier does not", () => {
  // Mean squares of the inputs to the last of ten ReLU layers of 200 units, for one random input.
  const meanSquare = (init: InitialWeights) => {
    const stream = randomStream(4, "layers");
    let x = stream.normals(200);
    let z = x;
    for (let layer = 0; layer < 10; layer++) {
      const W = initialWeights(init, 200, 200, stream);
      z = new Float32Array(200).map((_, unit) => x.reduce((sum, value, i) => sum + value * W[i * 200 + unit], 0));
      x = z.map((value) => Math.max(value, 0));
    }
    return z.reduce((sum, value) => sum + value * value, 0) / 200;
  };
  assert.ok(meanSquare("he") > 0.3 && meanSquare("he") < 6, `He ${meanSquare("he")}`);
  // Same numbers, each layer's scaled by 1/√2: the mean square falls by exactly 2¹⁰.
  assert.ok(Math.abs((meanSquare("xavier") * 1024) / meanSquare("he") - 1) < 1e-4);
});

test("anything else is refused, with what is allowed and what was given", () => {
  for (const init of ["He", "", "toString", -0.1, NaN, Infinity, null] as unknown as InitialWeights[]) {
    assert.throws(
      () => weightScale(init, 10),
      new RegExp(`expected he, relu, xavier, sigmoid or a standard deviation .*, got ${init}`),
    );
  }
  for (const inputs of [0, -1, 1.5, NaN]) assert.throws(() => weightScale("he", inputs), /number of inputs .*, got/);
  for (const units of [0, -1, 1.5, NaN]) {
    assert.throws(() => initialWeights("he", 10, units, randomStream(0, "x")), /number of units .*, got/);
  }
});
