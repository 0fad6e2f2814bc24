import test from "node:test";
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { native, tf } from "../engine/backend";
import { compile } from "../engine/compile";
import ".";
import { test as testOnTensorFlow, testIf } from "../testing/on-tensorflow";

/** The text of tensors, each newly made; showing them must leave TensorFlow as it was. */
function shown(make: () => unknown, options = {}): string {
  return tf.tidy(() => {
    const value = make();
    const before = tf.memory();
    const text = inspect(value, options);
    assert.deepEqual(tf.memory(), before);
    return text;
  });
}

const texts: [string, () => tf.Tensor, string][] = [
  ["a scalar", () => tf.scalar(2.302585), "Tensor [] float32 2.3026"],
  ["an integer", () => tf.scalar(123456789, "int32"), "Tensor [] int32 123456789"],
  ["whole numbers", () => tf.tensor1d([1, 20, -3]), "Tensor [3] float32 [1, 20, -3]"],
  [
    "fractions, with as many decimals as one of them needs",
    () => tf.tensor1d([0.5, 0.125, 0]),
    "Tensor [3] float32 [0.500, 0.125, 0.000]",
  ],
  ["five digits of the largest", () => tf.tensor1d([1 / 3, 200 / 3]), "Tensor [2] float32 [0.333, 66.667]"],
  ["large fractions", () => tf.tensor1d([123456.5]), "Tensor [1] float32 [123456.5]"],
  ["small numbers", () => tf.tensor1d([1.5e-7, 2e-9]), "Tensor [2] float32 [1.5e-7, 2.0e-9]"],
  ["numbers far apart", () => tf.tensor1d([0.001, 1000.5]), "Tensor [2] float32 [1.0000e-3, 1.0005e+3]"],
  ["large whole numbers", () => tf.tensor1d([1e9, 2]), "Tensor [2] float32 [1e+9, 2e+0]"],
  [
    "what is no number",
    () => tf.tensor1d([NaN, Infinity, -Infinity, -0, 1]),
    "Tensor [5] float32 [NaN, Infinity, -Infinity, -0, 1]",
  ],
  ["a negative zero among fractions", () => tf.tensor1d([-0, 0.5]), "Tensor [2] float32 [-0.0, 0.5]"],
  ["nothing but NaN", () => tf.tensor1d([NaN]), "Tensor [1] float32 [NaN]"],
  ["booleans", () => tf.tensor2d([[true], [false]], [2, 1], "bool"), "Tensor [2, 1] bool\n  [[ true],\n   [false]]"],
  [
    "strings",
    () =>
      tf.tensor2d([
        ["a", "it's"],
        ["ß\n", ""],
      ]),
    "Tensor [2, 2] string\n  [[   'a', \"it's\"],\n   [ 'ß\\n',     '']]",
  ],
  [
    "a long string",
    () => tf.tensor1d(["x".repeat(50)]),
    `Tensor [1] string ['${"x".repeat(40)}'... 10 more characters]`,
  ],
  ["complex numbers", () => tf.complex([1, 2.5], [-4, 5]), "Tensor [2] complex64 [1.0-4.0i, 2.5+5.0i]"],
  [
    "a matrix",
    () =>
      tf.tensor2d([
        [1, -2.5],
        [10, 0],
      ]),
    "Tensor [2, 2] float32\n  [[ 1.0, -2.5],\n   [10.0,  0.0]]",
  ],
  ["a row", () => tf.tensor2d([[1, 2]]), "Tensor [1, 2] float32 [[1, 2]]"],
  [
    "rank 3",
    () =>
      tf.tensor3d([
        [[1], [2]],
        [[3], [40]],
      ]),
    "Tensor [2, 2, 1] float32\n  [[[ 1],\n    [ 2]],\n   [[ 3],\n    [40]]]",
  ],
  ["rank 6", () => tf.ones([1, 1, 1, 1, 1, 2]), "Tensor [1, 1, 1, 1, 1, 2] float32 [[[[[[1, 1]]]]]]"],
  ["nothing", () => tf.zeros([0]), "Tensor [0] float32 []"],
  ["no rows", () => tf.zeros([0, 3]), "Tensor [0, 3] float32 []"],
  ["a billion columns, no rows", () => tf.zeros([0, 1e9]), "Tensor [0, 1000000000] float32 []"],
  ["rows of nothing", () => tf.zeros([2, 0]), "Tensor [2, 0] float32 []"],
  ["a long vector", () => tf.range(0, 1000), "Tensor [1000] float32 [0, 1, 2, …, 997, 998, 999]"],
  [
    "a tall matrix: ten columns stay whole",
    () => tf.range(0, 1000).reshape([100, 10]),
    [
      "Tensor [100, 10] float32",
      "  [[  0,   1,   2,   3,   4,   5,   6,   7,   8,   9],",
      "   [ 10,  11,  12,  13,  14,  15,  16,  17,  18,  19],",
      "   [ 20,  21,  22,  23,  24,  25,  26,  27,  28,  29],",
      "   …,",
      "   [970, 971, 972, 973, 974, 975, 976, 977, 978, 979],",
      "   [980, 981, 982, 983, 984, 985, 986, 987, 988, 989],",
      "   [990, 991, 992, 993, 994, 995, 996, 997, 998, 999]]",
    ].join("\n"),
  ],
  [
    "a large matrix",
    () => tf.range(0, 400).reshape([20, 20]),
    [
      "Tensor [20, 20] float32",
      "  [[  0,   1,   2, …,  17,  18,  19],",
      "   [ 20,  21,  22, …,  37,  38,  39],",
      "   [ 40,  41,  42, …,  57,  58,  59],",
      "   …,",
      "   [340, 341, 342, …, 357, 358, 359],",
      "   [360, 361, 362, …, 377, 378, 379],",
      "   [380, 381, 382, …, 397, 398, 399]]",
    ].join("\n"),
  ],
  [
    "a large cube: fewer of each axis",
    () => tf.range(0, 8000).reshape([20, 20, 20]).slice([0, 0, 0], [2, 20, 20]),
    [
      "Tensor [2, 20, 20] float32",
      "  [[[  0,   1,   2, …,  17,  18,  19],",
      "    [ 20,  21,  22, …,  37,  38,  39],",
      "    [ 40,  41,  42, …,  57,  58,  59],",
      "    …,",
      "    [340, 341, 342, …, 357, 358, 359],",
      "    [360, 361, 362, …, 377, 378, 379],",
      "    [380, 381, 382, …, 397, 398, 399]],",
      "   [[400, 401, 402, …, 417, 418, 419],",
      "    [420, 421, 422, …, 437, 438, 439],",
      "    [440, 441, 442, …, 457, 458, 459],",
      "    …,",
      "    [740, 741, 742, …, 757, 758, 759],",
      "    [760, 761, 762, …, 777, 778, 779],",
      "    [780, 781, 782, …, 797, 798, 799]]]",
    ].join("\n"),
  ],
];

for (const [name, make, text] of texts) {
  testIf(name !== "complex numbers" || native !== undefined)(`a tensor shows its shape, type and values: ${name}`, () =>
    assert.equal(shown(make), text),
  );
}

test("a long vector that is shown whole stands in columns, in lines of at most 96 characters", () => {
  const lines = shown(() => tf.range(0, 100).div(3)).split("\n");
  assert.equal(lines.length, 11);
  assert.ok(lines.every(({ length }) => length <= 96));
  assert.match(lines[1], /^ {2}\[ 0\.000, {2}0\.333, {2}0\.667, /);
});

test("in other values tensors stand where they belong, and a deep one in one line", () => {
  const x = () =>
    tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
  assert.equal(
    shown(() => ({ x: x(), t: tf.tensor1d([1, 2], "int32"), list: [x()], map: new Map([["k", x()]]) })),
    [
      "{",
      "  x: Tensor [2, 2] float32",
      "    [[1, 2],",
      "     [3, 4]],",
      "  t: Tensor [2] int32 [1, 2],",
      "  list: [",
      "    Tensor [2, 2] float32",
      "      [[1, 2],",
      "       [3, 4]]",
      "  ],",
      "  map: Map(1) {",
      "    'k' => Tensor [2, 2] float32",
      "      [[1, 2],",
      "       [3, 4]]",
      "  }",
      "}",
    ].join("\n"),
  );
  const deep = (make: () => tf.Tensor) => shown(() => ({ a: { b: make() } }), { depth: 1, breakLength: Infinity });
  assert.equal(
    deep(() => tf.scalar(0.5)),
    "{ a: { b: Tensor [] float32 0.5 } }",
  );
  assert.equal(deep(x), "{ a: { b: Tensor [2, 2] float32 [[1, 2], [3, 4]] } }");
  assert.equal(
    deep(() => tf.range(0, 100)),
    "{ a: { b: Tensor [100] float32 [0, 1, 2, …, 97, 98, 99] } }",
  );
  assert.equal(
    deep(() => tf.zeros([3, 0])),
    "{ a: { b: Tensor [3, 0] float32 [] } }",
  );
});

test("variables say their name and whether they are trained", () => {
  const W = tf.variable(tf.ones([2]), true, "W of the test");
  const mean = tf.variable(tf.scalar(0), false, "mean of the test");
  assert.equal(inspect(W), "Variable 'W of the test' (trainable) [2] float32 [1, 1]");
  assert.equal(inspect(mean), "Variable 'mean of the test' (not trainable) [] float32 0");
  const unnamed = tf.variable(tf.scalar(1));
  assert.equal(inspect(unnamed), "Variable (trainable) [] float32 1");
  for (const variable of [W, mean, unnamed]) variable.dispose();
  assert.equal(inspect(W), "Variable 'W of the test' (trainable) [2] float32, disposed");
});

test("a disposed tensor says so", () => {
  const tensor = tf.ones([2, 3]);
  tensor.dispose();
  assert.equal(inspect({ tensor }), "{ tensor: Tensor [2, 3] float32, disposed }");
});

test("Node's options are respected", () => {
  const x = () =>
    tf.tensor2d([
      [1, 2],
      [3, 40],
    ]);
  assert.equal(shown(x, { compact: true }), "Tensor [2, 2] float32 [[ 1,  2], [ 3, 40]]");
  assert.equal(
    shown(x, { colors: true }),
    "Tensor [2, 2] float32\n  [[ \x1b[33m1\x1b[39m,  \x1b[33m2\x1b[39m],\n   [ \x1b[33m3\x1b[39m, \x1b[33m40\x1b[39m]]",
  );
  assert.equal(
    shown(() => tf.range(0, 9), { maxArrayLength: 5 }),
    "Tensor [9] float32 [0, 1, …, 7, 8]",
  );
  assert.equal(
    shown(() => tf.range(0, 9), { maxArrayLength: 0 }),
    "Tensor [9] float32 […]",
  );
  const whole = shown(() => tf.range(0, 200_000).div(2), { maxArrayLength: null });
  assert.equal(whole.split(", ").length + whole.split(",\n").length - 1, 200_000);
});

test("classes and prototypes are shown as Node shows them", () => {
  for (const value of [tf.Tensor, tf.Tensor.prototype, Object.create(tf.Tensor.prototype)]) {
    assert.doesNotThrow(() => inspect(value, { showHidden: true }));
  }
});

test("of 188 MB only what is shown is read, wherever they are", () => {
  tf.tidy(() => {
    const written = tf.tensor2d(new Float32Array(60000 * 784).fill(1), [60000, 784]);
    inspect(tf.ones([20, 20]).square()); // loads what it takes
    for (const large of [written, written.square()]) {
      const before = tf.memory();
      const start = performance.now();
      const text = inspect(large);
      const took = performance.now() - start;
      assert.match(text, /^Tensor \[60000, 784\] float32\n {2}\[\[1, 1, 1, …, 1, 1, 1\],/);
      assert.deepEqual(tf.memory(), before);
      assert.ok(took < 50, `${took} ms`);
    }
  });
});

testOnTensorFlow("strings and complex numbers of which only some are shown", () => {
  const words = Array.from({ length: 200 }, (_, i) => `w${i}`);
  assert.equal(
    shown(() => tf.tensor1d(words)),
    "Tensor [200] string ['w0', 'w1', 'w2', …, 'w197', 'w198', 'w199']",
  );
  // After an operation the values are in TensorFlow.
  assert.equal(
    shown(() => tf.concat([tf.tensor1d(words), tf.tensor1d(["end"])])),
    "Tensor [201] string ['w0', 'w1', 'w2', …, 'w198', 'w199', 'end']",
  );
  const complex = () => tf.complex(tf.range(0, 200), tf.ones([200]));
  assert.equal(shown(complex), "Tensor [200] complex64 [0+1i, 1+1i, 2+1i, …, 197+1i, 198+1i, 199+1i]");
});

test("showing a tensor while a gradient is computed changes neither its tape nor the result", () => {
  tf.tidy(() => {
    const x = tf.range(0, 200);
    const gradient = tf.grad((x) => {
      const y = x.square();
      const before = tf.memory();
      const { length } = tf.engine().state.activeTape;
      assert.match(inspect([x, y]), /\[0, 1, 4, …, 38809, 39204, 39601\]/);
      assert.equal(tf.engine().state.activeTape.length, length);
      assert.deepEqual(tf.memory(), before);
      return y.sum();
    })(x);
    assert.deepEqual(gradient.arraySync(), x.mul(2).arraySync());
  });
});

testOnTensorFlow("showing a tensor in a step that is recorded is no part of the step", () => {
  const seen: string[] = [];
  const W = tf.variable(tf.ones([200]));
  const step = compile((x: tf.Tensor) => {
    const y = x.mul(W);
    seen.push(inspect(y));
    W.assign(W.add(1));
    return [y.sum()];
  });
  const sums = [1, 2, 3, 4].map((n) => tf.tidy(() => step(tf.fill([200], n))[0].dataSync()[0]));
  assert.deepEqual(sums, [200, 800, 1800, 3200]);
  // The graph does not show anything: the first two calls, which were recorded, did.
  assert.deepEqual(seen, ["Tensor [200] float32 [1, 1, 1, …, 1, 1, 1]", "Tensor [200] float32 [4, 4, 4, …, 4, 4, 4]"]);
  step.dispose();
  W.dispose();
});

testOnTensorFlow("a tensor of another backend is shown", async () => {
  await tf.setBackend("cpu");
  const tensor = tf.range(0, 200).square();
  try {
    assert.equal(inspect(tensor), "Tensor [200] float32 [0, 1, 4, …, 38809, 39204, 39601]");
  } finally {
    await tf.setBackend("tensorflow");
  }
  assert.equal(inspect(tensor), "Tensor [200] float32 [0, 1, 4, …, 38809, 39204, 39601]");
  tensor.dispose();
});
