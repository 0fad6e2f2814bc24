import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import v8 from "node:v8";
import vm from "node:vm";
import { tf } from "./backend";
import { createOptimizer, type OptimizerSpec } from "../experiments/spec";
import { changing } from "./changing";
import { compile, repeat, type CompiledStep } from "./compile";
import { Training } from "../experiments/training";
import { Network, type NetworkSpec } from "../network";
import { randomStream } from "../random";
import { Trainer, type History } from "../trainer";
import { test } from "../testing/on-tensorflow";

const random = randomStream(7, "data");
const examples = (count: number) => ({
  x: tf.tensor2d(random.normals(count * 12), [count, 12]),
  t: tf.tensor1d(
    Int32Array.from({ length: count }, () => random.integer(3)),
    "int32",
  ),
  count,
});
const sets = { train: examples(50), validation: examples(20), test: examples(2300) };

function train(network: Partial<NetworkSpec>, optimizer: OptimizerSpec, compiled: boolean, together = 1): History {
  const learner = new Network({ inputSize: 12, hiddenSizes: [9, 8], outputSize: 3, ...network }, 1);
  const rule = createOptimizer(optimizer);
  const trainer = new Trainer(learner, rule, sets, {
    batchSize: 10,
    epochs: 5,
    record: ["loss", "trainAccuracy", "validationAccuracy", "testAccuracy"],
    seed: 1,
  });
  if (together > 1) {
    const training = new Training(trainer);
    while (training.advance(together));
    training.dispose();
  } else {
    if (compiled) trainer.compile();
    for (let i = 0; i < trainer.iterations; i++) trainer.step();
    (trainer.update as Partial<CompiledStep<[]>>).dispose?.();
  }
  learner.dispose();
  rule.dispose();
  return trainer.history;
}

const sgd: OptimizerSpec = { name: "SGD", learningRate: 0.1 };
const steps: [string, Partial<NetworkSpec>, OptimizerSpec][] = [
  ["SGD", {}, sgd],
  ["Momentum", {}, { name: "Momentum", learningRate: 0.1, momentum: 0.9 }],
  ["Nesterov", {}, { name: "Nesterov", learningRate: 0.1, momentum: 0.9 }],
  ["AdaGrad", {}, { name: "AdaGrad", learningRate: 0.1 }],
  ["RMSProp", {}, { name: "RMSProp", learningRate: 0.01, decayRate: 0.9 }],
  ["Adam, whose rate changes", {}, { name: "Adam", learningRate: 0.01, beta1: 0.9, beta2: 0.999 }],
  ["AdamW", {}, { name: "AdamW", learningRate: 0.01, weightDecay: 0.1 }],
  ["sigmoid", { activation: "sigmoid", initialWeights: "xavier" }, sgd],
  ["tanh", { activation: "tanh", initialWeights: "xavier" }, sgd],
  ["BatchNormalization before the activation", { batchNormalization: "before" }, sgd],
  ["BatchNormalization after it", { batchNormalization: "after" }, sgd],
  ["Dropout, whose masks change", { dropoutRate: 0.3 }, sgd],
  ["inverted Dropout", { dropoutRate: 0.3, invertedDropout: true }, sgd],
  ["weight decay, L2", { weightDecay: 0.01 }, sgd],
  ["weight decay, L1", { weightDecay: 0.01, weightDecayNorm: "L1" }, sgd],
  ["weight decay, max", { weightDecay: 0.01, weightDecayNorm: "max" }, sgd],
  ["a rate at which training diverges", {}, { name: "SGD", learningRate: 1e30 }],
];

for (const [name, network, optimizer] of steps) {
  test(`a graph computes what the layers and the rule compute, to the last bit: ${name}`, () => {
    const history = train(network, optimizer, false);
    assert.deepEqual(train(network, optimizer, true), history);
    // Between two epoch points lie 5 updates.
    for (const together of [2, 4, 100])
      assert.deepEqual(train(network, optimizer, true, together), history, `${together} updates`);
  });
}

test("training that diverges in the middle of a graph of several updates has the history of one that stops there", () => {
  // Weight decay at this rate makes every weight 1000 times as large as before: its square overflows after some
  // updates.
  const diverging = [{ weightDecay: 1 }, { name: "SGD", learningRate: 1000 }] as const;
  const history = train(...diverging, false);
  // In graphs of up to 4 the updates are 1, 2 to 5, 6, 7 to 10, 11, …
  assert.ok([3, 4, 8, 9].includes(history.divergedAt!), `${history.divergedAt}`);
  assert.ok(history.loss.length === 21 && history.loss.at(-1) === null);
  assert.deepEqual(train(...diverging, true, 4), history);
});

test("a run as a graph frees all it made, and leaves no file", () => {
  const change = { dropoutRate: 0.3, weightDecay: 0.01 };
  for (const together of [1, 4]) train(change, sgd, true, together);
  const before = tf.memory().numTensors;
  const directory = mkdtempSync(join(tmpdir(), "graph-test-"));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = directory;
  try {
    for (const together of [1, 4]) train({ ...change, hiddenSizes: [7] }, sgd, true, together);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(readdirSync(directory), []);
  rmdirSync(directory);
});

test("variables are read and written as they are when the graph runs, also if someone else wrote them", () => {
  const total = tf.variable(tf.scalar(0));
  const add = compile((x: tf.Tensor) => {
    total.assign(tf.add(total, x));
    return [tf.mul(total, 2)];
  });
  const results = [1, 2, 3, 4].map((n) => {
    if (n === 4) total.assign(tf.scalar(100));
    return add(tf.scalar(n))[0].dataSync()[0];
  });
  assert.deepEqual(results, [2, 6, 12, 208]);
  assert.equal(total.dataSync()[0], 104);
  add.dispose();
});

test("the first call may make variables: it is written down when called again", () => {
  let state: tf.Variable | undefined;
  let calls = 0;
  const count = compile(() => {
    calls++;
    state ??= tf.variable(tf.scalar(0));
    state.assign(tf.add(state, 1));
    return [tf.mul(state, 10)];
  });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => count()[0].dataSync()[0]),
    [10, 20, 30, 40],
  );
  assert.equal(calls, 3);
  count.dispose();
});

test("what changes is made again for each run, in the order of the calls, used or not", () => {
  let made = 0;
  let calls = 0;
  const next = () => tf.scalar(++made);
  const step = compile(() => {
    calls++;
    const [a, , c] = [changing(next), changing(next), changing(next)];
    return [tf.add(tf.sub(c, a), tf.mul(c, 100)), tf.mul(a, 2)];
  });
  const runs = [1, 2, 3, 4].map(() => step().map((tensor) => tensor.dataSync()[0]));
  assert.deepEqual(runs, [
    [302, 2],
    [602, 8],
    [902, 14],
    [1202, 20],
  ]);
  assert.equal(calls, 2);
  step.dispose();
});

test("a repeated step goes on from where its last call ended, and returns what each of its calls did", () => {
  let calls = 0;
  let made = 0;
  const [a, b]: tf.Variable[] = [1, 10].map((value) => tf.variable(tf.scalar(value)));
  // After n calls with x: a and b have changed places n times, and one of them has grown by all that was fed.
  const step = compile((x: tf.Tensor) => {
    calls++;
    const grown = tf.add(
      b,
      tf.mul(
        changing(() => tf.scalar(++made)),
        x,
      ),
    );
    b.assign(tf.add(a, 0));
    a.assign(grown);
    return [tf.add(a, 0), tf.sub(a, b)];
  });
  const values = (results: tf.Tensor[][]) => results.map((tensors) => tensors.map((tensor) => tensor.dataSync()[0]));
  let [first, second] = [1, 10];
  const expected = (count: number, x: number) =>
    Array.from({ length: count }, (_, i) => {
      [first, second] = [second + (asked + i) * x, first];
      return [first, first - second];
    });
  let asked = 1;
  for (const [count, x, callsAsWritten] of [
    [3, 1, 3],
    [3, 2, 3],
    [2, 1, 5],
    [2, 3, 5],
    [1, 1, 6],
    [3, 1, 6],
    [1, 5, 6],
  ]) {
    assert.deepEqual(values(repeat(count, step, tf.scalar(x))), expected(count, x));
    asked += count;
    assert.equal(made, asked - 1);
    assert.equal(calls, callsAsWritten);
    assert.deepEqual(
      [a, b].map((variable) => variable.dataSync()[0]),
      [first, second],
    );
  }
  step.dispose();
});

test("steps of equal operations that carry other values on are different graphs when repeated", () => {
  const make = (isCarried: boolean) => {
    const total: tf.Variable = tf.variable(tf.scalar(1));
    return compile(() => {
      const doubled = tf.mul(total, 2);
      if (isCarried) total.assign(doubled);
      return [doubled];
    });
  };
  const last = (step: ReturnType<typeof make>) => repeat(3, step).map(([tensor]) => tensor.dataSync()[0]);
  const [carried, constant] = [make(true), make(false)];
  for (const start of [2, 16]) {
    assert.deepEqual(last(carried), [start, 2 * start, 4 * start]);
    assert.deepEqual(last(constant), [2, 2, 2]);
  }
});

test("each shape of the arguments has its own graph, as the step may depend on it", () => {
  let calls = 0;
  const means = compile((x: tf.Tensor) => {
    calls++;
    return [tf.sum(x, 0).mul(1 / x.shape[0])];
  });
  for (const rows of [2, 3, 2, 2, 500, 3, 3, 2])
    assert.deepEqual(
      [...means(tf.fill([rows, 4], 8))[0].dataSync()],
      Array(4).fill(Math.fround(rows * 8 * (1 / rows))),
    );
  assert.equal(calls, 2 + 2 + 1);
  means.dispose();
});

test("more graphs than stay open at a time: each still gives its own result", () => {
  const steps = Array.from({ length: 40 }, (_, i) =>
    compile((x: tf.Tensor) => [tf.sum(tf.concat(Array(i + 1).fill(x)))]),
  );
  for (let round = 0; round < 3; round++) {
    steps.forEach((step, i) => assert.equal(step(tf.ones([2]))[0].dataSync()[0], 2 * (i + 1)));
  }
});

test("a step that reads what it computes is refused, and operations then run as before", () => {
  const reads = compile((x: tf.Tensor) => [tf.scalar(tf.add(x, 1).dataSync()[0])]);
  assert.throws(() => reads(tf.scalar(1)), /reads a tensor that it computes; return it instead/);
  assert.equal(tf.add(2, 3).dataSync()[0], 5);
});

test("a step that calls another compiled one is refused", () => {
  const inner = compile((x: tf.Tensor) => [tf.add(x, 1)]);
  const outer = compile((x: tf.Tensor) => inner(x));
  assert.throws(() => outer(tf.scalar(1)), /a compiled step calls another one; compile them as one/);
  assert.equal(inner(tf.scalar(1))[0].dataSync()[0], 2);
});

test("a step that is interrupted while it is written down leaves nothing behind", async () => {
  const endless = compile((x: tf.Tensor) => {
    for (;;) x = tf.add(x, 1);
  });
  // As a notebook's kernel does it: the cell ends at once, and no `finally` runs.
  const start = () => vm.runInNewContext("endless(x)", { endless, x: tf.scalar(1) }, { timeout: 50 });
  assert.throws(start, { code: "ERR_SCRIPT_EXECUTION_TIMEOUT" });
  await new Promise(setImmediate);
  assert.equal(tf.add(2, 3).dataSync()[0], 5);
  const double = compile((x: tf.Tensor) => [tf.mul(x, 2)]);
  for (const n of [1, 2]) assert.equal(double(tf.scalar(n))[0].dataSync()[0], 2 * n);
});

test("recordings in a loop that never yields are not kept", () => {
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc") as () => void;
  const memory = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 2 ** 20;
  };
  const trainOnce = () => {
    const network = new Network({ inputSize: 12, hiddenSizes: [9, 8], outputSize: 3 }, 1);
    const rule = createOptimizer(sgd);
    const trainer = new Trainer(network, rule, sets, { batchSize: 10, iterations: 5, record: ["loss"], seed: 1 });
    trainer.compile();
    for (let i = 0; i < trainer.iterations; i++) trainer.step();
    (trainer.update as CompiledStep<[]>).dispose();
    network.dispose();
    rule.dispose();
  };
  trainOnce();
  const before = memory();
  for (let i = 0; i < 100; i++) trainOnce();
  const kept = memory() - before;
  assert.ok(kept < 4, `${kept.toFixed(1)} MiB`); // 16 if the loop keeps them
});

test("in debug mode the step runs as it is, and is looked at", (t) => {
  t.mock.method(console, "log", () => {}); // tfjs prints every operation
  t.mock.method(console, "warn", () => {});
  const written = train({}, sgd, false);
  tf.env().set("DEBUG", true);
  try {
    assert.deepEqual(train({}, sgd, true), written);
  } finally {
    tf.env().set("DEBUG", false);
  }
});

test("on another backend the step runs as it is", async () => {
  let calls = 0;
  const double = compile((x: tf.Tensor) => {
    calls++;
    return [tf.mul(x, 2)];
  });
  await tf.setBackend("cpu");
  try {
    for (const n of [1, 2, 3]) assert.equal(double(tf.scalar(n))[0].dataSync()[0], 2 * n);
  } finally {
    await tf.setBackend("tensorflow");
  }
  assert.equal(calls, 3);
});
