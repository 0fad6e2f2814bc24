import assert from "node:assert/strict";
import test, { after } from "node:test";
import { tf } from "./engine/backend";
import { Network } from "./network";
import { Momentum, SGD, type Optimizer } from "./optimizers";
import { randomStream } from "./random";
import { miniBatch, Trainer, type TrainerOptions } from "./trainer";

const random = randomStream(1, "examples");
const examples = (count: number, inputs = 6) => ({
  x: tf.tensor2d(random.normals(count * inputs), [count, inputs]),
  t: tf.tensor1d(
    Array.from({ length: count }, (_, i) => i % 3),
    "int32",
  ),
  count,
});
const train = examples(20);
const options = { batchSize: 5, iterations: 10, record: ["loss" as const], seed: 1 };
const network = new Network({ inputSize: 6, hiddenSizes: [4], outputSize: 3 }, 1);
after(() => network.dispose());

const newTrainer = (changed: object, sets: Partial<Trainer["sets"]> = {}, rule: Optimizer = new SGD(0.1)) =>
  new Trainer(network, rule, { train, ...sets }, { ...options, ...changed } as TrainerOptions);

const inEpochs = { iterations: undefined, epochs: 5 };
const wrongOptions: [changed: object, message: string][] = [
  [{ iterations: undefined }, "iterations: give either iterations or epochs"],
  [{ epochs: 3 }, "iterations: give either iterations or epochs"],
  [{ iterations: 0 }, "iterations: expected a whole number from 1 on, got 0"],
  [{ iterations: -3 }, "iterations: expected a whole number from 1 on, got -3"],
  [{ iterations: NaN }, "iterations: expected a whole number from 1 on, got NaN"],
  [{ iterations: 2.5 }, "iterations: expected a whole number from 1 on, got 2.5"],
  [{ iterations: undefined, epochs: 0 }, "epochs: expected a whole number from 1 on, got 0"],
  [{ iterations: undefined, epochs: -1 }, "epochs: expected a whole number from 1 on, got -1"],
  [{ iterations: undefined, epochs: NaN }, "epochs: expected a whole number from 1 on, got NaN"],
  [{ batchSize: 0 }, "batchSize: expected a whole number from 1 on, got 0"],
  [{ batchSize: -1 }, "batchSize: expected a whole number from 1 on, got -1"],
  [{ batchSize: 1.5 }, "batchSize: expected a whole number from 1 on, got 1.5"],
  [{ evaluateEvery: 2 }, "evaluateEvery: needs epochs"],
  [
    { ...inEpochs, evaluateEvery: 3 },
    "evaluateEvery: must divide epochs - 1, so that accuracies are taken at the last point, too",
  ],
  [{ ...inEpochs, evaluteEvery: 2 }, "evaluteEvery: there is no such field"],
  [{ record: undefined }, "record: expected array, got undefined"],
  [
    { record: ["weights"] },
    'record.0: expected one of loss, trainAccuracy, validationAccuracy, testAccuracy, got "weights"',
  ],
  [{ seed: -1 }, "seed: expected an integer from 0 to 9007199254740991, got -1"],
];
for (const [changed, message] of wrongOptions)
  test(`an option that a run would not take is refused: ${message}`, () => {
    const { numTensors } = tf.memory();
    assert.throws(() => newTrainer(changed), { name: "TypeError", message: `Trainer: ${message}` });
    assert.equal(tf.memory().numTensors, numTensors);
  });

test("the compiler refuses options that say nothing of how long training lasts", () => {
  const { iterations: _, ...endless } = options;
  // @ts-expect-error -- neither iterations nor epochs
  assert.throws(() => new Trainer(network, new SGD(0.1), { train }, endless), TypeError);
});

const float = { ...train, t: train.t.cast("float32") };
const wrongSets: [sets: Partial<Trainer["sets"]>, record: string, message: string][] = [
  [{}, "testAccuracy", "testAccuracy needs sets.test; give it, or record something else"],
  [{}, "validationAccuracy", "validationAccuracy needs sets.validation; give it, or record something else"],
  [{ train: examples(20, 7) }, "loss", "sets.train: expected x of shape [batch, 6], got [20, 7]"],
  [
    { train: { ...train, t: train.t.slice(0, 9) } },
    "loss",
    "sets.train: expected int32 labels of shape [20], got int32 [9]",
  ],
  [{ test: float }, "testAccuracy", "sets.test: expected int32 labels of shape [20], got float32 [20]"],
  [
    { train: { ...train, t: train.t.add(tf.scalar(1, "int32")) } },
    "loss",
    "sets.train: expected labels from 0 to 2, got 3 at place 2",
  ],
  [{ train: { ...train, count: 21 } }, "loss", "sets.train: expected the count 20, got 21"],
];
for (const [sets, record, message] of wrongSets)
  test(`sets that a network cannot learn from are refused: ${message}`, () => {
    assert.throws(() => newTrainer({ record: [record] }, sets), { message: `Trainer: ${message}` });
  });

test("a rule whose rate cannot be right is refused before the first update", () => {
  assert.throws(() => newTrainer({}, {}, new SGD("0.01" as unknown as number)), {
    name: "TypeError",
    message: 'SGD: learningRate: expected a number from 0 on, got "0.01"',
  });
});

test("mini-batches of no size are refused, and so is a set that is no longer there", () => {
  const stream = randomStream(1, "batches");
  for (const size of [0, -1, 1.5, NaN])
    assert.throws(() => miniBatch(train, size, stream), {
      name: "TypeError",
      message: `miniBatch: size: expected a whole number from 1 on, got ${size}`,
    });
  const gone = examples(4);
  tf.dispose([gone.x, gone.t]);
  assert.throws(() => miniBatch(gone, 2, stream), /^Error: miniBatch: the set has been disposed$/);
});

for (const form of ["as written", "a graph"] as const)
  test(`what has been disposed is said to be, once training goes on: ${form}`, () => {
    const begin = (set = examples(20)) => {
      const mine = { net: new Network(network.spec, 2), set, rule: new Momentum(0.1) };
      const trainer = new Trainer(mine.net, mine.rule, { train: mine.set }, { ...options, iterations: 100 });
      if (form === "a graph") trainer.compile();
      for (let i = 0; i < 20; i++) trainer.step();
      return { ...mine, trainer };
    };
    const one = begin();
    one.net.dispose();
    assert.throws(
      () => one.trainer.step(),
      /^Error: Affine: the weights have been disposed, perhaps with their network$/,
    );
    const other = begin();
    tf.dispose([other.set.x, other.set.t]);
    assert.throws(() => other.trainer.step(), /^Error: miniBatch: the set has been disposed$/);

    // A rule that has been disposed begins anew, as another one would.
    const third = begin(train);
    third.rule.dispose();
    for (let i = 0; i < 20; i++) third.trainer.step();
    const { trainer: fourth, net, rule } = begin(train);
    rule.dispose();
    const batches = fourth.batches.state();
    const rest = new Trainer(net, new Momentum(0.1), { train }, { ...options, iterations: 20 });
    rest.batches.restore(batches);
    for (let i = 0; i < 20; i++) rest.step();
    assert.deepEqual(third.trainer.history.loss.slice(20), rest.history.loss);
  });

/** The last loss, when at the 35th of 100 updates something has been changed by hand. */
function lossAfter(form: "as written" | "a graph", change: (trainer: Trainer) => void, Kind = Trainer): number | null {
  const net = new Network(network.spec, 2);
  const trainer = new Kind(net, new SGD(0.1), { train }, { ...options, iterations: 100 });
  if (form === "a graph") trainer.compile();
  for (let i = 0; i < 100; i++) {
    if (i === 34) change(trainer);
    trainer.step();
  }
  return trainer.history.loss.at(-1)!;
}

const replaced: Record<string, () => Partial<Trainer>> = {
  "the update rule": () => ({ optimizer: new Momentum(0.01) }),
  "the network": () => ({ network: new Network(network.spec, 3) }),
  "the options": () => ({ options: { ...options, iterations: 100, batchSize: 3 } }),
  "the sets": () => ({ sets: { train: { ...train, x: train.x.mul(2) } } }),
  "the stream of batches": () => ({ batches: randomStream(9, "batches") }),
};
for (const [what, parts] of Object.entries(replaced))
  test(`a compiled trainer notices at once that somebody has replaced ${what}`, () => {
    const change = (trainer: Trainer) => void Object.assign(trainer, parts());
    const written = lossAfter("as written", change);
    assert.equal(lossAfter("a graph", change), written);
    assert.notEqual(
      lossAfter("a graph", () => {}),
      written,
    );
  });

class Freezing extends Trainer {
  frozen = false;
  override update = () => {
    const { x, t } = miniBatch(this.sets.train, 5, this.batches);
    if (!this.frozen) this.optimizer.update(this.network.params, this.network.gradient(x, t));
    return [this.network.lossTerms(x, t)];
  };
}

test("an update that somebody else has written runs as written, with a warning, unless it is declared pure", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const freeze = (trainer: Trainer) => void ((trainer as Freezing).frozen = true);
  assert.equal(lossAfter("a graph", freeze, Freezing), lossAfter("as written", freeze, Freezing));
  assert.deepEqual(
    warn.mock.calls.map(({ arguments: [text] }) => String(text)),
    [
      "compile: Freezing.update is not known to do the same at each call, so it runs as written. " +
        "Declare it with pure(…) if what differs from call to call comes from changing(() => …).",
    ],
  );
});
