import test from "node:test";
import assert from "node:assert/strict";
import { tf } from "../engine/backend";
import * as optimizers from "./index";
import { AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp, SGD, type Optimizer } from "./index";
import { factorAt, type LearningRateSchedule } from "./schedule";

/** One element of a rule in float64, straight from the paper: the position after each step. */
type Rule = (position: number, gradient: (w: number) => number, steps: number) => number[];

const rules: Record<string, { create: () => Optimizer; rule: Rule }> = {
  SGD: {
    create: () => new SGD(0.95),
    rule: (w, gradient, steps) => Array.from({ length: steps }, () => (w -= 0.95 * gradient(w))),
  },
  Momentum: {
    create: () => new Momentum(0.1),
    rule: (w, gradient, steps) => {
      let v = 0;
      return Array.from({ length: steps }, () => (w += v = 0.9 * v - 0.1 * gradient(w)));
    },
  },
  // The textbook form: the gradient is taken where the velocity is about to lead; the weights reported are those ahead.
  Nesterov: {
    create: () => new Nesterov(0.1),
    rule: (ahead, gradient, steps) => {
      let v = 0;
      let w = ahead;
      return Array.from({ length: steps }, () => {
        v = 0.9 * v - 0.1 * gradient(w + 0.9 * v);
        w += v;
        return w + 0.9 * v;
      });
    },
  },
  AdaGrad: {
    create: () => new AdaGrad(1.5),
    rule: (w, gradient, steps) => {
      let h = 0;
      return Array.from({ length: steps }, () => {
        const g = gradient(w);
        h += g * g;
        return (w -= (1.5 * g) / (Math.sqrt(h) + 1e-7));
      });
    },
  },
  RMSProp: {
    create: () => new RMSProp(0.1),
    rule: (w, gradient, steps) => {
      let h = 0;
      return Array.from({ length: steps }, () => {
        const g = gradient(w);
        h = 0.99 * h + 0.01 * g * g;
        return (w -= (0.1 * g) / (Math.sqrt(h) + 1e-7));
      });
    },
  },
  // PyTorch's order of operations: the decay first, then Adam's step.
  AdamW: {
    create: () => new AdamW(0.3, 0.9, 0.999, 0.1),
    rule: (w, gradient, steps) => {
      let [m, v] = [0, 0];
      return Array.from({ length: steps }, (_, i) => {
        const g = gradient(w);
        w -= 0.3 * 0.1 * w;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const [mean, square] = [m / (1 - 0.9 ** (i + 1)), v / (1 - 0.999 ** (i + 1))];
        return (w -= (0.3 * mean) / (Math.sqrt(square) + 1e-8));
      });
    },
  },
  // With the two bias corrections written out, as the paper's algorithm 1 has them.
  Adam: {
    create: () => new Adam(0.3),
    rule: (w, gradient, steps) => {
      let [m, v] = [0, 0];
      return Array.from({ length: steps }, (_, i) => {
        const g = gradient(w);
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const correction = Math.sqrt(1 - 0.999 ** (i + 1));
        return (w -= (0.3 * (m / (1 - 0.9 ** (i + 1)))) / ((Math.sqrt(v) + 1e-7) / correction));
      });
    },
  },
};

/** The bowl x²/20 + y² from (−7, 2), 30 steps, perhaps with something done before each: positions after each. */
function descend(optimizer: Optimizer, before?: (t: number) => void): { x: number[]; y: number[] } {
  const params = tf.tidy(() => ({ x: tf.variable(tf.scalar(-7)), y: tf.variable(tf.scalar(2)) }));
  const path = { x: [] as number[], y: [] as number[] };
  for (let i = 0; i < 30; i++) {
    before?.(i + 1);
    tf.tidy(() => optimizer.update(params, { x: params.x.div(10), y: params.y.mul(2) }));
    path.x.push(params.x.dataSync()[0]);
    path.y.push(params.y.dataSync()[0]);
  }
  params.x.dispose();
  params.y.dispose();
  return path;
}

for (const [name, { create, rule }] of Object.entries(rules)) {
  test(`${name}: 30 steps on the bowl agree with float64 within 1e-4 at every step, and leave no tensor behind`, () => {
    const before = tf.memory().numTensors;
    const optimizer = create();
    const path = descend(optimizer);
    rule(-7, (x) => x / 10, 30).forEach((x, i) =>
      assert.ok(Math.abs(x - path.x[i]) < 1e-4, `x after ${i + 1}: ${x} ${path.x[i]}`),
    );
    rule(2, (y) => 2 * y, 30).forEach((y, i) =>
      assert.ok(Math.abs(y - path.y[i]) < 1e-4, `y after ${i + 1}: ${y} ${path.y[i]}`),
    );
    optimizer.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
}

/**
 * tfjs's own optimizers where the definitions coincide. They differ in two places: its AdaGrad starts
 * the sum of squares at 0.1 unless told otherwise, and RMSProp adds ε under the root; with ε = 1e-14
 * there, √(h + ε) and √h + 1e-7 agree wherever h is not tiny. Adam's ε stands beside the corrected √v in
 * tfjs, beside the uncorrected one here: 1e-7 against gradients of this size moves nothing.
 */
const peers: Record<string, () => tf.Optimizer> = {
  SGD: () => tf.train.sgd(0.95),
  Momentum: () => tf.train.momentum(0.1, 0.9),
  Nesterov: () => tf.train.momentum(0.1, 0.9, true),
  AdaGrad: () => tf.train.adagrad(1.5, 1e-14),
  RMSProp: () => tf.train.rmsprop(0.1, 0.99, 0, 1e-14),
  Adam: () => tf.train.adam(0.3, 0.9, 0.999, 1e-7),
};

for (const [name, create] of Object.entries(peers)) {
  test(`${name}: agrees with tfjs's own optimizer on a matrix, step by step`, () => {
    tf.tidy(() => {
      const start = tf.tensor2d([
        [1, -2, 3],
        [0.5, -0.1, 4],
      ]);
      const slope = tf.tensor2d([
        [0.1, 2, 0.5],
        [1, 0.3, 0.05],
      ]);
      const ours = { W: tf.variable(start) };
      const theirs = tf.variable(start);
      const optimizer = rules[name].create();
      const peer = create();
      for (let i = 0; i < 20; i++) {
        optimizer.update(ours, { W: ours.W.mul(slope) });
        peer.applyGradients({ [theirs.name]: theirs.mul(slope) });
        const distance = ours.W.sub(theirs).abs().max().dataSync()[0];
        assert.ok(distance < 1e-4, `after ${i + 1} steps: ${distance}`);
      }
      optimizer.dispose();
      ours.W.dispose();
      theirs.dispose();
    });
  });
}

test("AdaGrad: tfjs starts its sum of squares at 0.1, this one at 0, so a first step has the length η", () => {
  tf.tidy(() => {
    const params = { W: tf.variable(tf.scalar(0)) };
    const optimizer = new AdaGrad(0.5);
    optimizer.update(params, { W: tf.scalar(-0.001) });
    assert.ok(Math.abs(params.W.dataSync()[0] - 0.5) < 1e-3);
    optimizer.dispose();
    params.W.dispose();
  });
});

test("every rule keeps the tensor count from the second step on, and frees its memory when disposed", () => {
  for (const { create } of Object.values(rules)) {
    const before = tf.memory().numTensors;
    const params = { W: tf.variable(tf.ones([3, 2])) };
    const grads = { W: tf.ones([3, 2]) };
    const optimizer = create();
    optimizer.update(params, grads);
    const after = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) optimizer.update(params, grads);
    assert.equal(tf.memory().numTensors, after);
    tf.dispose([params.W, grads.W]);
    optimizer.dispose();
    // `tf.ones` above made the variable's first value, which stays with this test: free it by count.
    assert.ok(tf.memory().numTensors - before <= 1);
  }
});

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} ${b}`);

test("warm-up: from the first update on the rate rises in equal steps, and reaches the rule's own at its end", () => {
  const factors = Array.from({ length: 7 }, (_, i) => factorAt({ warmUp: 5 }, i + 1));
  [0.2, 0.4, 0.6, 0.8, 1, 1, 1].forEach((factor, i) => close(factors[i], factor));
});

test("cosine decay: the factors of SGDR's equation 5, after the warm-up if there is one, and 0 beyond the end", () => {
  for (const warmUp of [0, 10]) {
    const schedule: LearningRateSchedule = { warmUp, decay: "cosine", updates: 50 };
    // T_cur is 0 at the first update after the warm-up; η_max = 1, η_min = 0.
    for (let t = warmUp + 1; t <= 50; t++) {
      const [T_cur, T_i] = [t - warmUp - 1, 50 - warmUp];
      close(factorAt(schedule, t), 0 + 0.5 * (1 - 0) * (1 + Math.cos((T_cur / T_i) * Math.PI)));
    }
    for (const t of [51, 1000]) assert.equal(factorAt(schedule, t), 0);
  }
});

test("linear decay: half of the rate is left in the middle", () => {
  const schedule: LearningRateSchedule = { warmUp: 2, decay: "linear", updates: 6 };
  [0.5, 1, 1, 0.75, 0.5, 0.25, 0].forEach((factor, i) => close(factorAt(schedule, i + 1), factor));
});

for (const name of Object.keys(rules) as (keyof typeof optimizers)[])
  test(`${name}: a schedule does what setting the rate by hand before each update does`, () => {
    const schedule: LearningRateSchedule = { warmUp: 5, decay: "cosine", updates: 25 };
    const scheduled = new optimizers[name](0.1);
    scheduled.schedule = schedule;
    const byHand = new optimizers[name](0.1);
    const path = descend(scheduled);
    assert.deepEqual(
      path,
      descend(byHand, (t) => (byHand.learningRate = 0.1 * factorAt(schedule, t))),
    );
    assert.notDeepEqual(path, descend(new optimizers[name](0.1)));
    scheduled.dispose();
    byHand.dispose();
  });

test("an update that throws is not counted: a schedule goes on where it was", () => {
  const params = tf.tidy(() => ({ W: tf.variable(tf.scalar(1)) }));
  for (const create of Object.values(rules).map(({ create }) => create)) {
    const optimizer = create();
    assert.throws(() => optimizer.update(params, {}));
    assert.equal(optimizer.memory!.steps, 0);
  }
  params.W.dispose();
});

test("a missing or misshapen gradient is refused by name, and nothing is updated", () => {
  const params = tf.tidy(() => ({ W1: tf.variable(tf.ones([2, 2])) }));
  const optimizer = new SGD(1);
  assert.throws(() => optimizer.update(params, {}), /no gradient for parameter W1; the gradients given are none/);
  tf.tidy(() => {
    assert.throws(
      () => optimizer.update(params, { W1: tf.ones([2]) }),
      /parameter W1 has shape \[2, 2\], its gradient \[2\]/,
    );
  });
  assert.deepEqual(Array.from(params.W1.dataSync()), [1, 1, 1, 1]);
  params.W1.dispose();
});

test("AdamW: a parameter without a gradient shrinks by ηλ in each step, where Adam leaves it", () => {
  const params = { W: tf.variable(tf.scalar(8)) };
  const optimizer = new AdamW(0.5, 0.9, 0.999, 0.5);
  for (const after of [6, 4.5, 3.375]) {
    tf.tidy(() => optimizer.update(params, { W: tf.scalar(0) }));
    assert.equal(params.W.dataSync()[0], after);
  }
  optimizer.weightDecay = 0; // takes effect at once
  tf.tidy(() => optimizer.update(params, { W: tf.scalar(0) }));
  assert.equal(params.W.dataSync()[0], 3.375);
  optimizer.dispose();
  params.W.dispose();
});

const wrongHyperparameters: [make: () => Optimizer, message: string][] = [
  [() => new SGD("0.01" as unknown as number), 'SGD: learningRate: expected a number from 0 on, got "0.01"'],
  [() => new Adam("0.01" as unknown as number), 'Adam: learningRate: expected a number from 0 on, got "0.01"'],
  [() => new SGD(-1), "SGD: learningRate: expected a number from 0 on, got -1"],
  [() => new AdaGrad(NaN), "AdaGrad: learningRate: expected a number from 0 on, got NaN"],
  [() => new Momentum(0.1, 1.5), "Momentum: momentum: expected a number from 0 up to but not including 1, got 1.5"],
  [() => new Nesterov(0.1, -0.5), "Nesterov: momentum: expected a number from 0 up to but not including 1, got -0.5"],
  [() => new RMSProp(0.1, 1), "RMSProp: decayRate: expected a number from 0 up to but not including 1, got 1"],
  [() => new Adam(0.1, 1), "Adam: beta1: expected a number from 0 up to but not including 1, got 1"],
  [() => new AdamW(0.1, 0.9, 2), "AdamW: beta2: expected a number from 0 up to but not including 1, got 2"],
  [() => new AdamW(0.1, 0.9, 0.9, -1), "AdamW: weightDecay: expected a number from 0 on, got -1"],
  [
    () => Object.assign(new SGD(0.1), { schedule: { decay: "linear" } }),
    "SGD: schedule.updates: give a decay and the updates after which it has ended, or neither",
  ],
  [
    () => Object.assign(new Momentum(0.1), { learningRate: NaN }),
    "Momentum: learningRate: expected a number from 0 on, got NaN",
  ],
];
for (const [make, message] of wrongHyperparameters)
  test(`an update with a hyperparameter out of its range is refused, and changes nothing: ${message}`, () => {
    tf.tidy(() => {
      const W = tf.variable(tf.scalar(1));
      const rule = make();
      assert.throws(() => rule.update({ W }, { W: tf.scalar(1) }), { name: "TypeError", message });
      assert.equal(W.dataSync()[0], 1);
      assert.equal(rule.memory!.steps, 0);
    });
  });

for (const [name, { create }] of Object.entries(rules))
  test(`${name}: a rule that remembers one network's parameters is not used for another's`, () => {
    tf.tidy(() => {
      const [W, other] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(1))];
      const rule = create();
      const gradient = { W: tf.scalar(0.5) };
      rule.update({ W }, gradient);
      if (name === "SGD") return rule.update({ W: other }, gradient); // it remembers nothing
      assert.throws(() => rule.update({ W: other }, gradient), {
        message:
          /^update: this rule remembers another network's W; give each network a rule of its own, or call the rule's dispose\(\)/,
      });
      rule.dispose();
      rule.update({ W: other }, gradient);
      assert.equal(
        other.dataSync()[0],
        tf.tidy(() => {
          const fresh = tf.variable(tf.scalar(1));
          const alone = create();
          alone.update({ W: fresh }, gradient);
          return fresh.dataSync()[0];
        }),
      );
      rule.dispose();
    });
  });

test("a schedule counts the updates of one network", () => {
  tf.tidy(() => {
    const rule = new SGD(0.1);
    rule.schedule = { warmUp: 5 };
    rule.update({ W: tf.variable(tf.scalar(1)) }, { W: tf.scalar(0.5) });
    assert.throws(() => rule.update({ W: tf.variable(tf.scalar(1)) }, { W: tf.scalar(0.5) }), /another network's W/);
  });
});
