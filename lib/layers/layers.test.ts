import test from "node:test";
import assert from "node:assert/strict";
import { tf } from "../engine/backend";
import { compile } from "../engine/compile";
import { randomStream } from "../random";
import { Affine, BatchNormalization, Dropout, ReLU, Sigmoid, SoftmaxWithLoss, Tanh, type Layer } from ".";

const UNITS = 7;
const normals = (name: string, shape: number[]) =>
  tf.tensor(randomStream(1, name).normals(shape.reduce((a, b) => a * b)), shape);

/** The largest difference between two tensors, element by element. */
const distance = (a: tf.Tensor, b: tf.Tensor) => a.sub(b).abs().max().dataSync()[0];

/**
 * Σ dout ⊙ f(x) has dout's backward as its gradient: the oracle is tfjs's own differentiation of the textbook formula.
 */
function autodiff(formula: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[], dout: tf.Tensor): tf.Tensor[] {
  return tf.grads((...xs: tf.Tensor[]) =>
    formula(...xs)
      .mul(dout)
      .sum(),
  )(inputs);
}

/** Central differences in float64-like care: h large enough for float32, away from ReLU's kink. */
function numeric(f: () => number, x: tf.Variable, h = 1e-2): number[] {
  const values = x.dataSync().slice();
  return Array.from(values, (value, i) => {
    const at = (moved: number) => {
      const copy = values.slice();
      copy[i] = moved;
      tf.tidy(() => x.assign(tf.tensor(copy, x.shape)));
      return f();
    };
    const slope = (at(value + h) - at(value - h)) / (2 * h);
    at(value);
    return slope;
  });
}

const elementwise: [string, () => Layer, (x: tf.Tensor) => tf.Tensor][] = [
  ["ReLU", () => new ReLU(), (x) => x.relu()],
  ["Sigmoid", () => new Sigmoid(), (x) => tf.div(1, tf.add(1, tf.exp(x.neg())))],
  ["Tanh", () => new Tanh(), (x) => tf.sub(1, tf.div(2, tf.add(tf.exp(x.mul(2)), 1)))],
];

for (const batch of [1, 2, 20]) {
  for (const [name, create, formula] of elementwise) {
    test(`${name}: forward and backward agree with autodiff and central differences, batch of ${batch}`, () => {
      tf.tidy(() => {
        // No value nearer to 0 than the difference quotient reaches: ReLU has a kink there.
        const x = tf.variable(normals("x", [batch, UNITS]).mul(2));
        x.assign(x.add(x.sign().mul(0.05)));
        const dout = normals("dout", [batch, UNITS]);
        const layer = create();
        assert.ok(distance(layer.forward(x), formula(x)) < 1e-6);
        const dx = layer.backward(dout);
        assert.ok(distance(dx, autodiff(formula, [x], dout)[0]) < 1e-5);
        const slopes = numeric(() => tf.tidy(() => create().forward(x).mul(dout).sum().dataSync()[0]), x);
        assert.ok(distance(dx, tf.tensor(slopes, x.shape)) < 2e-3);
        x.dispose();
      });
    });
  }

  test(`Affine: backward agrees with autodiff and central differences, batch of ${batch}`, () => {
    tf.tidy(() => {
      const x = tf.variable(normals("x", [batch, 5]));
      const W = tf.variable(normals("W", [5, UNITS]));
      const b = tf.variable(normals("b", [UNITS]));
      const dout = normals("dout", [batch, UNITS]);
      const formula = (x: tf.Tensor, W: tf.Tensor, b: tf.Tensor) =>
        tf.matMul(x as tf.Tensor2D, W as tf.Tensor2D).add(b);
      const layer = new Affine(W, b);
      assert.ok(distance(layer.forward(x), formula(x, W, b)) < 1e-5);
      const dx = layer.backward(dout);
      const expected = autodiff(formula, [x, W, b], dout);
      [dx, layer.dW!, layer.db!].forEach((gradient, i) => assert.ok(distance(gradient, expected[i]) < 1e-5));
      const loss = () => tf.tidy(() => layer.forward(x).mul(dout).sum().dataSync()[0]);
      for (const [parameter, gradient] of [
        [x, dx],
        [W, layer.dW!],
        [b, layer.db!],
      ] as const) {
        assert.ok(distance(gradient, tf.tensor(numeric(loss, parameter), parameter.shape)) < 5e-3);
      }
      tf.dispose([x, W, b]);
    });
  });

  test(`SoftmaxWithLoss: loss and backward agree with autodiff and central differences, batch of ${batch}`, () => {
    tf.tidy(() => {
      const scores = tf.variable(normals("x", [batch, 10]).mul(3));
      const labels = tf.tensor1d(
        Array.from({ length: batch }, (_, i) => (i * 7) % 10),
        "int32",
      );
      const formula = (x: tf.Tensor) => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 10), x) as tf.Tensor;
      const layer = new SoftmaxWithLoss();
      assert.ok(distance(layer.forward(scores, labels), formula(scores)) < 1e-5);
      const dx = layer.backward();
      assert.ok(distance(dx, autodiff(formula, [scores], tf.scalar(1))[0]) < 1e-5);
      const slopes = numeric(() => tf.tidy(() => new SoftmaxWithLoss().forward(scores, labels).dataSync()[0]), scores);
      assert.ok(distance(dx, tf.tensor(slopes, scores.shape)) < 2e-3);
      scores.dispose();
    });
  });
}

test("SoftmaxWithLoss: equal scores cost log 10 whatever the label, and huge ones stay finite", () => {
  tf.tidy(() => {
    const labels = tf.tensor1d([3, 9], "int32");
    const layer = new SoftmaxWithLoss();
    assert.ok(Math.abs(layer.forward(tf.zeros([2, 10]), labels).dataSync()[0] - Math.log(10)) < 1e-6);
    const loss = layer.forward(
      tf.tensor2d([
        [1e4, 0, 0, 0],
        [0, 1e4, 0, 0],
      ]),
      tf.tensor1d([0, 0], "int32"),
    );
    assert.equal(loss.dataSync()[0], 5000);
  });
});

test("ReLU: the derivative at 0 is 0", () => {
  tf.tidy(() => {
    const relu = new ReLU();
    relu.forward(tf.tensor2d([[-1, 0, 1]]));
    assert.deepEqual(Array.from(relu.backward(tf.tensor2d([[5, 5, 5]])).dataSync()), [0, 0, 5]);
  });
});

for (const batch of [2, 3, 20]) {
  test(`BatchNormalization: backward agrees with autodiff and central differences, batch of ${batch}`, () => {
    tf.tidy(() => {
      const x = tf.variable(normals("x", [batch, UNITS]).mul(2).add(1));
      const gamma = tf.variable(normals("gamma", [UNITS]));
      const beta = tf.variable(normals("beta", [UNITS]));
      const dout = normals("dout", [batch, UNITS]);
      const formula = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
        const centred = x.sub(x.mean(0));
        return centred.div(centred.square().mean(0).add(1e-6).sqrt()).mul(gamma).add(beta);
      };
      const layer = new BatchNormalization(gamma, beta);
      assert.ok(distance(layer.forward(x, true), formula(x, gamma, beta)) < 1e-5);
      const dx = layer.backward(dout);
      const expected = autodiff(formula, [x, gamma, beta], dout);
      [dx, layer.dgamma!, layer.dbeta!].forEach((gradient, i) => {
        assert.ok(distance(gradient, expected[i]) < 1e-5, `${i}: ${distance(gradient, expected[i])}`);
      });
      const loss = () => tf.tidy(() => layer.forward(x, true).mul(dout).sum().dataSync()[0]);
      for (const [parameter, gradient] of [
        [x, dx],
        [gamma, layer.dgamma!],
        [beta, layer.dbeta!],
      ] as const) {
        const slopes = tf.tensor(numeric(loss, parameter, 3e-3), parameter.shape);
        assert.ok(distance(gradient, slopes) < 1e-2, `${distance(gradient, slopes)}`);
      }
      tf.dispose([x, gamma, beta]);
      layer.dispose();
    });
  });
}

test("BatchNormalization: output has mean β and standard deviation γ; running statistics start at 0 and follow by a tenth", () => {
  tf.tidy(() => {
    const x = tf.tensor2d([
      [1, 10],
      [3, 30],
      [5, 20],
      [7, 40],
    ]);
    const layer = new BatchNormalization(tf.tensor1d([1, 2]), tf.tensor1d([0, -1]));
    const { mean, variance } = tf.moments(layer.forward(x, true), 0);
    assert.ok(distance(mean, tf.tensor1d([0, -1])) < 1e-6);
    assert.ok(distance(variance, tf.tensor1d([1, 4])) < 1e-5);
    // By hand: means 4 and 25, biased variances 5 and 125; a tenth of each.
    assert.ok(distance(layer.runningMean, tf.tensor1d([0.4, 2.5])) < 1e-6);
    assert.ok(distance(layer.runningVariance, tf.tensor1d([0.5, 12.5])) < 1e-5);
    layer.forward(x, true);
    assert.ok(distance(layer.runningMean, tf.tensor1d([0.76, 4.75])) < 1e-5);
    const evaluated = layer.forward(tf.tensor2d([[0.76, 4.75]]));
    assert.ok(distance(evaluated, tf.tensor2d([[0, -1]])) < 1e-5);
    layer.dispose();
  });
});

test("BatchNormalization: every operation rounds as IEEE 754 says, as written and in a graph, so its bits are the same on all processors", () => {
  const f = Math.fround;
  const units = 2000;
  const rows = (name: string) => [0, 1].map((row) => randomStream(5, `${name} ${row}`).normals(units));
  const [x, dout] = [rows("x"), rows("dout")];
  const gamma = randomStream(5, "gamma").normals(units);
  const beta = randomStream(5, "beta").normals(units);
  // The statistics of two rows, whose sums have one order only.
  const y = x.map(() => new Float32Array(units));
  const dx = x.map(() => new Float32Array(units));
  for (let unit = 0; unit < units; unit++) {
    const column = x.map((row) => row[unit]);
    const mean = f(column[0] + column[1]) / 2;
    const centred = column.map((value) => f(value - mean));
    const variance = f(f(centred[0] ** 2) + f(centred[1] ** 2)) / 2;
    const inverseStd = f(Math.sqrt(f(1 / f(variance + f(1e-6)))));
    const normalized = centred.map((value) => f(value * inverseStd));
    const douts = dout.map((row) => row[unit]);
    const dbeta = f(douts[0] + douts[1]);
    const dgamma = f(f(douts[0] * normalized[0]) + f(douts[1] * normalized[1]));
    for (const row of [0, 1]) {
      y[row][unit] = f(f(normalized[row] * gamma[unit]) + beta[unit]);
      const throughStatistics = f(dbeta + f(normalized[row] * dgamma)) / 2;
      dx[row][unit] = f(f(gamma[unit] * inverseStd) * f(douts[row] - throughStatistics));
    }
  }
  const expected = [y, dx].map((rows) => rows.flatMap((row) => Array.from(row)));

  const layer = new BatchNormalization(tf.tensor1d(gamma), tf.tensor1d(beta));
  const step = compile((x: tf.Tensor, dout: tf.Tensor) => [layer.forward(x, true), layer.backward(dout)]);
  const inputs = [x, dout].map((rows) =>
    tf.tensor2d(
      rows.flatMap((row) => Array.from(row)),
      [2, units],
    ),
  ) as [tf.Tensor, tf.Tensor];
  for (let call = 0; call < 4; call++) {
    tf.tidy(() =>
      assert.deepEqual(
        step(...inputs).map((output) => Array.from(output.dataSync())),
        expected,
        `call ${call}`,
      ),
    );
  }
  step.dispose();
  layer.dispose();
  tf.dispose([...inputs, layer.gamma, layer.beta]);
});

test("Dropout: leaves out about the rate, passes the rest unchanged, and backward follows the same mask", () => {
  tf.tidy(() => {
    const x = tf.ones([200, 100]);
    const layer = new Dropout(0.3, randomStream(1, "dropout"));
    const y = layer.forward(x, true);
    const values = new Set(y.dataSync());
    assert.deepEqual([...values].sort(), [0, 1]);
    const left = y.mean().dataSync()[0];
    // 20,000 draws: standard deviation of the share is √(0.3 · 0.7 / 20,000) ≈ 0.0032.
    assert.ok(Math.abs(left - 0.7) < 5 * 0.0033, `${left}`);
    assert.equal(distance(layer.backward(x.mul(3)), y.mul(3)), 0);
    assert.ok(distance(layer.forward(x), x.mul(0.7)) < 1e-6);
  });
});

test("Dropout, inverted: expected output is the input in training, and the input itself otherwise", () => {
  tf.tidy(() => {
    const x = tf.ones([200, 100]);
    const layer = new Dropout(0.3, randomStream(1, "dropout"), true);
    const y = layer.forward(x, true);
    assert.ok(Math.abs(y.mean().dataSync()[0] - 1) < 5 * 0.0047);
    assert.equal(distance(layer.backward(x), y), 0);
    assert.equal(distance(layer.forward(x), x), 0);
  });
});

test("Dropout: equal streams give equal masks", () => {
  tf.tidy(() => {
    const mask = () => new Dropout(0.5, randomStream(4, "dropout")).forward(tf.ones([3, 50]), true);
    assert.equal(distance(mask(), mask()), 0);
  });
});

test("Errors say what was wrong and what to do", () => {
  tf.tidy(() => {
    const affine = new Affine(tf.zeros([784, 100]), tf.zeros([100]));
    assert.throws(() => affine.forward(tf.zeros([100, 28, 28])), {
      message: "Affine: expected x of shape [batch, 784], got [100, 28, 28]; flatten the images first",
    });
    assert.throws(() => affine.forward(tf.zeros([2, 3])), /expected x of shape \[batch, 784\], got \[2, 3\]$/);
    assert.throws(() => affine.backward(tf.zeros([2, 100])), /Affine: backward before forward/);
    const loss = new SoftmaxWithLoss();
    assert.throws(() => loss.forward(tf.zeros([2, 10]), tf.zeros([2, 10])), /int32 labels of shape \[2\].*argMax/);
    assert.throws(
      () => loss.forward(tf.zeros([2, 10]), tf.tensor1d([1, 2, 3], "int32")),
      /shape \[2\], got int32 \[3\]/,
    );
    for (const [layer, forward] of [
      ["ReLU", new ReLU()],
      ["Sigmoid", new Sigmoid()],
      ["Tanh", new Tanh()],
      ["Dropout", new Dropout(0.5, randomStream(1, "dropout"))],
      ["BatchNormalization", new BatchNormalization(tf.ones([4]), tf.zeros([4]))],
      ["Affine", new Affine(tf.zeros([4, 4]), tf.zeros([4]))],
    ] as const) {
      forward.forward(tf.ones([2, 4]), true);
      for (const shape of [[1, 4], [4], [2, 1], [3, 4], []])
        assert.throws(() => forward.backward(tf.ones(shape)), {
          message: `${layer}: expected dout of the output's shape, [2, 4], got [${shape.join(", ")}]`,
        });
    }
    const relu = new ReLU();
    tf.tidy(() => void relu.forward(tf.ones([2, 4])));
    assert.throws(() => relu.backward(tf.ones([2, 4])), {
      message: "ReLU: what forward kept has been freed; call forward and backward in the same tf.tidy",
    });
    const normalization = new BatchNormalization(tf.ones([4]), tf.zeros([4]));
    assert.throws(() => normalization.forward(tf.zeros([1, 4]), true), /batch of 1.*at least 2 rows/);
    assert.throws(() => normalization.forward(tf.zeros([2, 5]), true), /shape \[batch, 4\], got \[2, 5\]/);
    normalization.dispose();
    assert.throws(
      () => new Dropout(1, randomStream(0, "d")),
      /^TypeError: Dropout: rate: expected a number from 0 up to but not including 1, got 1$/,
    );
  });
});
