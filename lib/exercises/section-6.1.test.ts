import assert from "node:assert/strict";
import test from "node:test";
import { tf } from "../engine/backend";
import type { OptimizerSpec, RunSpec } from "../experiments";
import { Nesterov, RMSProp, SGD, type Optimizer } from "../optimizers/index";
import type { History } from "../trainer";
import type { Finding } from "./finding";
import { section61 } from "./section-6.1";

const right = (findings: Finding[]) => findings.map(({ right }) => right);

/** The library's own walk down the bowl. */
function descend(optimizer: Optimizer, before?: (update: number) => void): { x: number[]; y: number[] } {
  const params = tf.tidy(() => ({ x: tf.variable(tf.scalar(-7)), y: tf.variable(tf.scalar(2)) }));
  const path = { x: [-7], y: [2] };
  for (let update = 0; update < 29; update++) {
    before?.(update);
    tf.tidy(() => optimizer.update(params, { x: params.x.div(10), y: params.y.mul(2) }));
    path.x.push(params.x.dataSync()[0]);
    path.y.push(params.y.dataSync()[0]);
  }
  tf.dispose([params.x, params.y]);
  optimizer.dispose();
  return path;
}

const crossings = ({ y }: { y: number[] }) =>
  y.filter((now, i) => i > 0 && Math.sign(now) === -Math.sign(y[i - 1])).length;

for (const [id, exercise] of Object.entries(section61))
  test(`${id}: without an answer there is nothing to say`, () => {
    assert.ok(right(exercise({})).every((one) => one === undefined));
  });

test("6.1-1: the walks of the library's rules are right, those with another rate are not", () => {
  const answer = (rate: number) => {
    const [nesterov, rmsprop] = [descend(new Nesterov(rate)), descend(new RMSProp(5 * rate))];
    return section61["6.1-1"]({
      nesterovX: nesterov.x.at(-1),
      nesterovCrossings: crossings(nesterov),
      rmspropCrossings: crossings(rmsprop),
    });
  };
  assert.deepEqual(right(answer(0.1)), [true, true, true]);
  assert.equal(answer(0.09)[0].right, false);
  assert.deepEqual(right(section61["6.1-1"]({ nesterovCrossings: 29, rmspropCrossings: 4 })), [
    undefined,
    false,
    false,
  ]);
});

test("6.1-2: what lies within shrinks y, what lies outside does not", () => {
  const shrinks = (rate: number) => Math.abs(descend(new SGD(rate)).y.at(-1)!) < 2;
  assert.deepEqual([0.01, 0.99, 1.01, 0].map(shrinks), [true, true, false, false]);
  assert.deepEqual(right(section61["6.1-2"]({ above: 0, below: 1 })), [true, true]);
  assert.deepEqual(right(section61["6.1-2"]({ above: 0.01, below: 0.95 })), [false, false]);
  assert.deepEqual(right(section61["6.1-2"]({ below: 20 })), [undefined, false]);
});

test("6.1-3: SGD whose rate is set by hand is right; decay that begins an update later is not", () => {
  const answer = (late: number) => {
    const rule = new SGD();
    const path = descend(rule, (t) => (rule.learningRate = 0.95 / (1 + 0.07 * Math.max(t - late, 0))));
    return section61["6.1-3"]({ crossings: crossings(path), finalX: path.x.at(-1) });
  };
  assert.deepEqual(right(answer(0)), [true, true]);
  assert.deepEqual(right(answer(1)), [false, false]);
});

/** A run of exercise 4 whose loss is always the same. */
function row(learningRate: number, loss: number, change: Partial<RunSpec> = {}): { spec: RunSpec; history: History } {
  const spec: RunSpec = {
    data: { images: 60000 },
    network: {
      inputSize: 784,
      hiddenSizes: [100, 100, 100, 100],
      outputSize: 10,
      activation: "relu",
      initialWeights: "he",
    },
    optimizer: { name: "Momentum", learningRate },
    batchSize: 128,
    iterations: 1000,
    record: ["loss"],
    seed: 1,
    ...change,
  };
  const empty = { trainAccuracy: [], validationAccuracy: [], testAccuracy: [] };
  return { spec, history: { ...empty, iterations: 1000, loss: Array<number>(1000).fill(loss), divergedAt: null } };
}

test("6.1-4: the rate whose own runs say so is right, in any order", () => {
  const runs = [row(0.1, 0.3), row(0.01, 0.2), row(0.03, 0.1)];
  assert.deepEqual(right(section61["6.1-4"]({ runs, best: 0.03 })), [true, true]);
  assert.deepEqual(right(section61["6.1-4"]({ runs, best: 0.01 })), [true, false]);
  assert.deepEqual(right(section61["6.1-4"]({ runs })), [true, undefined]);
});

test("6.1-4: runs other than those asked for are named", () => {
  const sgd: OptimizerSpec = { name: "SGD", learningRate: 0.1 };
  const others: [Partial<RunSpec>, RegExp][] = [
    [{ optimizer: sgd }, /differs in optimizer\.name$/],
    [{ optimizer: { name: "Momentum", learningRate: 0.1, momentum: 0.5 } }, /differs in optimizer\.momentum$/],
    [{ iterations: 2000 }, /learning rate 0\.1; the nearest differs in iterations$/],
    [{ seed: 2 }, /differs in seed$/],
    [{ data: { images: 500 } }, /differs in data\.images$/],
    [{ network: { inputSize: 784, hiddenSizes: [100], outputSize: 10 } }, /differs in .*network\.hiddenSizes/],
    [{ record: [] }, /differs in record$/],
  ];
  for (const [change, off] of others) {
    const [runs, best] = section61["6.1-4"]({ runs: [row(0.01, 1), row(0.03, 1), row(0.1, 1, change)], best: 0.1 });
    assert.equal(runs.right, false);
    assert.match(runs.off!, off);
    assert.equal(best.right, undefined);
  }
  const [few] = section61["6.1-4"]({ runs: [row(0.01, 1)], best: 0.01 });
  assert.match(few.off!, /there is none with learning rate 0\.03$/);
  assert.equal(section61["6.1-4"]({ runs: [], best: 0.01 })[0].off, "there is none with learning rate 0.01");
});
