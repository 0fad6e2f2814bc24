import test from "node:test";
import assert from "node:assert/strict";
import { tf } from "./engine/backend";
import { Network, type NetworkSpec } from "./network";
import { numericalGradient } from "./testing/numerical-gradient";
import { SGD, type Grads } from "./optimizers";
import { randomStream } from "./random";

const small: NetworkSpec = { inputSize: 6, hiddenSizes: [5, 4], outputSize: 3 };

function batchOf(rows: number) {
  const x = tf.tensor2d(randomStream(3, "x").normals(rows * 6), [rows, 6]);
  const t = tf.tensor1d(
    Array.from({ length: rows }, (_, i) => i % 3),
    "int32",
  );
  return { x, t };
}

const distance = (a: tf.Tensor, b: tf.Tensor) => a.sub(b).abs().max().dataSync()[0];

/** The same network and loss in plain tfjs, for tfjs to differentiate by itself. */
function autodiff(network: Network, x: tf.Tensor, t: tf.Tensor): Grads {
  const { params, spec } = network;
  const layers = spec.hiddenSizes.length + 1;
  const { grads } = tf.variableGrads(() => {
    let h = x;
    for (let i = 1; i <= layers; i++) {
      h = tf.matMul(h as tf.Tensor2D, params[`W${i}`] as tf.Tensor as tf.Tensor2D).add(params[`b${i}`]);
      if (i === layers) break;
      const activate = () => (h = h[spec.activation ?? "relu"]());
      if (spec.batchNormalization === "after") activate();
      if (spec.batchNormalization) {
        const centred = h.sub(h.mean(0));
        h = centred.div(centred.square().mean(0).add(1e-6).sqrt()).mul(params[`gamma${i}`]).add(params[`beta${i}`]);
      }
      if (spec.batchNormalization !== "after") activate();
    }
    let loss = tf.losses.softmaxCrossEntropy(tf.oneHot(t, 3), h) as tf.Tensor;
    for (let i = 1; i <= layers; i++) {
      const W = params[`W${i}`];
      const norms = { L2: () => W.square().sum().div(2), L1: () => W.abs().sum(), max: () => W.abs().max() };
      loss = loss.add(norms[spec.weightDecayNorm ?? "L2"]().mul(spec.weightDecay ?? 0));
    }
    return loss as tf.Scalar;
  });
  return Object.fromEntries(Object.entries(params).map(([name, variable]) => [name, grads[variable.name]]));
}

const variants: [string, Partial<NetworkSpec>, number[]][] = [
  ["ReLU", {}, [1, 2, 20]],
  ["sigmoid", { activation: "sigmoid", initialWeights: "xavier" }, [1, 2, 20]],
  ["tanh", { activation: "tanh", initialWeights: 0.5 }, [1, 2, 20]],
  ["L2 weight decay", { weightDecay: 0.1 }, [20]],
  ["L1 weight decay", { weightDecay: 0.1, weightDecayNorm: "L1" }, [20]],
  ["max-norm weight decay", { weightDecay: 0.1, weightDecayNorm: "max" }, [20]],
  ["batch normalization before the activation", { batchNormalization: "before", activation: "tanh" }, [3, 20]],
  ["batch normalization after the activation", { batchNormalization: "after" }, [20]],
];

for (const [name, options, batches] of variants) {
  for (const rows of batches) {
    test(`gradient with ${name} agrees with autodiff, batch of ${rows}`, () => {
      tf.tidy(() => {
        const network = new Network({ ...small, ...options }, 1);
        const { x, t } = batchOf(rows);
        const expected = autodiff(network, x, t);
        const gradients = network.gradient(x, t);
        assert.deepEqual(Object.keys(gradients).sort(), Object.keys(network.params).sort());
        for (const [parameter, gradient] of Object.entries(gradients)) {
          assert.ok(
            distance(gradient, expected[parameter]) < 1e-5,
            `${parameter}: ${distance(gradient, expected[parameter])}`,
          );
        }
        network.dispose();
      });
    });
  }
}

test("gradient agrees with central differences", () => {
  tf.tidy(() => {
    const network = new Network({ ...small, activation: "tanh", weightDecay: 0.1 }, 2);
    const { x, t } = batchOf(20);
    const slopes = numericalGradient(() => network.loss(x, t), network.params);
    for (const [parameter, gradient] of Object.entries(network.gradient(x, t))) {
      assert.ok(distance(gradient, slopes[parameter]) < 1e-3, `${parameter}: ${distance(gradient, slopes[parameter])}`);
    }
    network.dispose();
  });
});

test("a network with everything frees all it makes in a training step, and all of itself when disposed", () => {
  const { x, t } = batchOf(20);
  const empty = tf.memory().numTensors;
  const network = new Network({ ...small, batchNormalization: "before", dropoutRate: 0.2, weightDecay: 0.1 }, 1);
  const optimizer = new SGD(0.1);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) {
    tf.tidy(() => optimizer.update(network.params, network.gradient(x, t)));
    network.loss(x, t);
    network.accuracy(x, t);
    assert.equal(tf.memory().numTensors, before);
  }
  network.dispose();
  assert.equal(tf.memory().numTensors, empty);
  tf.dispose([x, t]);
});

test("equal seeds give equal weights to the last bit, other seeds others", () => {
  const weights = (seed: number) => {
    const network = new Network(small, seed);
    const values = Array.from(network.params.W1.dataSync());
    network.dispose();
    return values;
  };
  assert.deepEqual(weights(5), weights(5));
  assert.notDeepEqual(weights(5), weights(6));
});

test("accuracy counts the rows whose highest score is at the label", () => {
  tf.tidy(() => {
    const network = new Network({ inputSize: 3, hiddenSizes: [], outputSize: 3 }, 1);
    network.params.W1.assign(tf.eye(3));
    const x = tf.tensor2d([
      [5, 1, 0],
      [0, 2, 1],
      [0, 0, 9],
      [1, 0, 0],
    ]);
    assert.equal(network.accuracy(x, tf.tensor1d([0, 1, 1, 0], "int32")), 0.75);
    network.dispose();
  });
});

test("the loss of a network that says nothing is log 3, and weight decay adds ½ λ Σ W²", () => {
  tf.tidy(() => {
    const { x, t } = batchOf(6);
    const silent = new Network({ ...small, initialWeights: 0 }, 1);
    assert.ok(Math.abs(silent.loss(x, t) - Math.log(3)) < 1e-6);
    const plain = new Network(small, 1);
    const decayed = new Network({ ...small, weightDecay: 0.1 }, 1);
    const squares = ["W1", "W2", "W3"].map((name) => plain.params[name].square().sum().dataSync()[0]);
    const share = 0.05 * squares.reduce((a, b) => a + b);
    assert.ok(Math.abs(decayed.loss(x, t) - plain.loss(x, t) - share) < 1e-5);
    for (const network of [silent, plain, decayed]) network.dispose();
  });
});

const wrongSpecs: [changed: object, message: string][] = [
  [{ activation: "constructor" }, 'activation: expected one of relu, sigmoid, tanh, got "constructor"'],
  [{ inputSize: 0 }, "inputSize: expected a whole number from 1 on, got 0"],
  [{ hiddenSizes: [5, 0] }, "hiddenSizes.1: expected a whole number from 1 on, got 0"],
  [{ hiddenSizes: 5 }, "hiddenSizes: expected array, got 5"],
  [{ outputSize: 2.5 }, "outputSize: expected a whole number from 1 on, got 2.5"],
  [{ dropoutRate: NaN }, "dropoutRate: expected a number from 0 up to but not including 1, got NaN"],
  [{ dropoutRate: -0.5 }, "dropoutRate: expected a number from 0 up to but not including 1, got -0.5"],
  [{ dropoutRate: 1.5 }, "dropoutRate: expected a number from 0 up to but not including 1, got 1.5"],
  [{ weightDecay: NaN }, "weightDecay: expected a number from 0 on, got NaN"],
  [{ weightDecay: -0.1 }, "weightDecay: expected a number from 0 on, got -0.1"],
  [{ weightDecayNorm: "L3" }, 'weightDecayNorm: expected one of L2, L1, max, got "L3"'],
  [{ batchNormalization: true }, "batchNormalization: expected before or after, got true"],
  [{ batchNormalization: "Before" }, 'batchNormalization: expected before or after, got "Before"'],
  [
    { initialWeights: "lecun" },
    'initialWeights: expected one of he, relu, xavier, sigmoid, or a standard deviation, got "lecun"',
  ],
  [
    { initialWeights: NaN },
    "initialWeights: expected one of he, relu, xavier, sigmoid, or a standard deviation, got NaN",
  ],
  [{ dropRate: 0.1 }, "dropRate: there is no such field"],
];
for (const [changed, message] of wrongSpecs)
  test(`a spec that a run would not take is refused, and leaves no tensor: ${message}`, () => {
    const { numTensors } = tf.memory();
    assert.throws(() => new Network({ ...small, ...changed } as NetworkSpec, 1), {
      name: "TypeError",
      message: `Network: ${message}`,
    });
    assert.equal(tf.memory().numTensors, numTensors);
  });

test("a weight decay that is set by hand is refused where it is used", () => {
  tf.tidy(() => {
    const { x, t } = batchOf(4);
    const network = new Network({ ...small }, 1);
    network.spec.weightDecay = NaN;
    for (const use of [() => network.loss(x, t), () => network.gradient(x, t)])
      assert.throws(use, /^TypeError: Network: weightDecay: expected a number from 0 on, got NaN$/);
    network.dispose();
  });
});

test("images and labels that do not fit are refused in our words", () => {
  tf.tidy(() => {
    const { x, t } = batchOf(6);
    const network = new Network(small, 1);
    const outside = t.add(tf.scalar(1, "int32"));
    const wrong: [use: () => unknown, message: string][] = [
      [
        () => network.accuracy(x, tf.oneHot(t, 3)),
        "Network.accuracy: expected int32 labels of shape [6], got int32 [6, 3]; turn one-hot rows into integers with labels.argMax(1)",
      ],
      [() => network.accuracy(x, t.slice(0, 3)), "Network.accuracy: expected int32 labels of shape [6], got int32 [3]"],
      [() => network.accuracy(x.slice(0, 3), t), "Network.accuracy: expected int32 labels of shape [3], got int32 [6]"],
      [() => network.accuracy(x.slice(0, 0), t.slice(0, 0)), "Network.accuracy: there is no image"],
      [() => network.loss(x.slice(0, 0), t.slice(0, 0)), "Network.loss: there is no image"],
      [() => network.accuracy(x, outside), "Network.accuracy: expected labels from 0 to 2, got 3 at place 2"],
      [() => network.loss(x, outside), "Network.loss: expected labels from 0 to 2, got 3 at place 2"],
      [() => network.gradient(x, outside), "SoftmaxWithLoss: expected labels from 0 to 2, got 3 at place 2"],
      [
        () => network.predict(x.cast("int32")),
        'Affine: expected x of float32, got int32; x.cast("float32") makes it so',
      ],
      [() => network.predict(x.greater(0)), 'Affine: expected x of float32, got bool; x.cast("float32") makes it so'],
    ];
    for (const [use, message] of wrong) assert.throws(use, { message });
    const gone = x.clone();
    gone.dispose();
    assert.throws(() => network.predict(gone), /^Error: Affine: x has been disposed$/);
    network.dispose();
    assert.throws(() => network.predict(x), /^Error: Affine: the weights have been disposed/);
  });
});
