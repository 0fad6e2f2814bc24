import assert from "node:assert/strict";
import test from "node:test";
import { runAll } from "./run-all";
import * as rules from "../optimizers";
import { runKey } from "./key";
import { createOptimizer, parseRunSpec, type OptimizerSpec, type RunSpec } from "./spec";
import { test as testOnTensorFlow } from "../testing/on-tensorflow";

const good: RunSpec = {
  data: { images: 500, validation: 100, shuffleSeed: 7 },
  network: { inputSize: 784, hiddenSizes: [100, 100], outputSize: 10, weightDecay: 1e-6 },
  optimizer: { name: "SGD", learningRate: 0.01 },
  batchSize: 100,
  epochs: 5,
  record: ["loss", "trainAccuracy", "validationAccuracy", "testAccuracy"],
  seed: 0,
};

test("takes the specs of the chapter's runs as they are", () => {
  assert.deepEqual(parseRunSpec(good), good);
  const { epochs, ...rest } = good;
  for (const optimizer of [
    { name: "AdaGrad", learningRate: 0.01 },
    { name: "Momentum", learningRate: 0.01, momentum: 0.9 },
    { name: "Nesterov", learningRate: 0.01 },
    { name: "RMSProp", learningRate: 0.01, decayRate: 0.99 },
    { name: "Adam", learningRate: 0.001, beta1: 0.9, beta2: 0.999 },
    { name: "AdamW", learningRate: 0.001, beta1: 0.9, beta2: 0.999, weightDecay: 1 },
    { name: "SGD", learningRate: 0.1, schedule: { warmUp: 100 } },
    { name: "Adam", learningRate: 0.001, schedule: { warmUp: 100, decay: "cosine", updates: 2000 } },
  ]) {
    const spec = { ...rest, data: { images: 60_000 }, optimizer, iterations: 2000, record: ["loss"] };
    assert.deepEqual(parseRunSpec(JSON.parse(JSON.stringify(spec))), spec);
  }
});

test("each hyperparameter of a spec arrives where it belongs in its rule", () => {
  for (const [name, Rule] of Object.entries(rules)) {
    const names = Object.keys(new Rule()).filter((key) => typeof new Rule()[key as "learningRate"] === "number");
    const values = Object.fromEntries(names.map((key, i) => [key, (i + 1) / 16]));
    const { optimizer } = parseRunSpec({ ...good, optimizer: { name, ...values } });
    assert.deepEqual({ ...values, ...createOptimizer(optimizer) }, { ...createOptimizer(optimizer), ...values }, name);
  }
});

test("a schedule arrives in its rule", () => {
  for (const name of Object.keys(rules)) {
    const schedule = { warmUp: 100, decay: "linear", updates: 2000 };
    const { optimizer } = parseRunSpec({ ...good, optimizer: { name, learningRate: 0.1, schedule } });
    assert.deepEqual((createOptimizer(optimizer) as rules.SGD).schedule, schedule, name);
  }
});

testOnTensorFlow("a run without a schedule has the key that it had before there were any", () => {
  assert.equal(runKey(good), "9519a90c5622277b73030b14533294722287e972ca9011c02f0c662cefc1de7a");
});

/** The good spec with one part replaced; `undefined` takes it away. */
function bad(path: string, value: unknown): unknown {
  const spec = structuredClone(good) as unknown as Record<string, unknown>;
  const names = path.split(".");
  let part = spec;
  for (const name of names.slice(0, -1)) part = part[name] as Record<string, unknown>;
  const last = names.at(-1)!;
  if (value === undefined) delete part[last];
  else Object.defineProperty(part, last, { value, enumerable: true, configurable: true, writable: true });
  return spec;
}

/** What is wrong, and the field that the error must name. */
const hostile: [what: string, spec: unknown, field: string][] = [
  ["nothing", undefined, "spec"],
  ["null", null, "spec"],
  ["a text", "rm -rf /", "spec"],
  ["a list", [good], "spec"],
  ["an empty object", {}, "data"],
  ["an unknown key", bad("command", "rm -rf /"), "command"],
  [
    "a key of the prototype, as JSON may bring it",
    JSON.parse(JSON.stringify(good).replace("{", '{"__proto__":{"seed":1},')),
    "__proto__",
  ],
  ["the prototype in a part", bad("network.__proto__", { dropoutRate: 0.5 }), "__proto__"],
  ["constructor as a key", bad("optimizer.constructor", { prototype: {} }), "constructor"],
  ["no data", bad("data", undefined), "data"],
  ["no images", bad("data.images", 0), "data.images"],
  ["a negative number of images", bad("data.images", -5), "data.images"],
  ["more images than there are", bad("data.images", 60_001), "data.images"],
  ["a file's name for the images", bad("data.images", "/etc/passwd"), "data.images"],
  ["a data set's path", bad("data.path", "/etc/passwd"), "path"],
  ["nothing left to train on", bad("data.validation", 500), "data.validation"],
  ["validation accuracy without validation images", bad("data.validation", 0), "data.validation"],
  ["half a seed", bad("data.shuffleSeed", 0.5), "data.shuffleSeed"],
  ["other inputs than MNIST's", bad("network.inputSize", 1e9), "network.inputSize"],
  ["other classes than MNIST's", bad("network.outputSize", 0), "network.outputSize"],
  ["hidden sizes as a number", bad("network.hiddenSizes", 100), "network.hiddenSizes"],
  ["a layer without units", bad("network.hiddenSizes", [100, 0]), "network.hiddenSizes.1"],
  ["a negative size", bad("network.hiddenSizes", [-100]), "network.hiddenSizes.0"],
  ["a size that is no number", bad("network.hiddenSizes", ["100"]), "network.hiddenSizes.0"],
  ["half a unit", bad("network.hiddenSizes", [100.5]), "network.hiddenSizes.0"],
  ["a gigabyte of units", bad("network.hiddenSizes", [2 ** 28]), "network.hiddenSizes.0"],
  ["a gigabyte of weights", bad("network.hiddenSizes", Array(20).fill(4096)), "network.hiddenSizes"],
  ["a million layers", bad("network.hiddenSizes", Array(1e6).fill(1)), "network.hiddenSizes"],
  ["an unknown layer", bad("network.activation", "softplus"), "network.activation"],
  ["a layer's name from the prototype", bad("network.activation", "constructor"), "network.activation"],
  ["a function for a layer", bad("network.activation", () => process.exit(1)), "network.activation"],
  ["unknown initial weights", bad("network.initialWeights", "lecun"), "network.initialWeights"],
  ["NaN for the initial weights", bad("network.initialWeights", NaN), "network.initialWeights"],
  ["a layer to be dropped whole", bad("network.dropoutRate", 1), "network.dropoutRate"],
  ["a negative weight decay", bad("network.weightDecay", -1e-4), "network.weightDecay"],
  ["an unknown norm", bad("network.weightDecayNorm", "L3"), "network.weightDecayNorm"],
  ["BatchNormalization in a wrong place", bad("network.batchNormalization", true), "network.batchNormalization"],
  ["an unknown update rule", bad("optimizer.name", "LBFGS"), "optimizer.name"],
  ["an update rule's name from the prototype", bad("optimizer.name", "__proto__"), "optimizer.name"],
  ["NaN for the learning rate", bad("optimizer.learningRate", NaN), "optimizer.learningRate"],
  ["what JSON makes of NaN", bad("optimizer.learningRate", null), "optimizer.learningRate"],
  ["an infinite learning rate", bad("optimizer.learningRate", Infinity), "optimizer.learningRate"],
  ["a negative learning rate", bad("optimizer.learningRate", -0.01), "optimizer.learningRate"],
  ["an option of another update rule", bad("optimizer.momentum", 0.9), "momentum"],
  ["an unknown decay", bad("optimizer.schedule", { decay: "step", updates: 10 }), "optimizer.schedule.decay"],
  ["a decay without an end", bad("optimizer.schedule", { decay: "cosine" }), "optimizer.schedule.updates"],
  ["the end of no decay", bad("optimizer.schedule", { warmUp: 5, updates: 10 }), "optimizer.schedule.updates"],
  [
    "a warm-up as long as all",
    bad("optimizer.schedule", { warmUp: 10, decay: "linear", updates: 10 }),
    "optimizer.schedule.warmUp",
  ],
  ["a function for a schedule", bad("optimizer.schedule", () => 1), "optimizer.schedule"],
  ["no images in a batch", bad("batchSize", 0), "batchSize"],
  ["a batch larger than the data set", bad("batchSize", 60_001), "batchSize"],
  [
    "a batch that fills the memory",
    { ...good, batchSize: 60_000, network: { ...good.network, hiddenSizes: [2048] } },
    "network.hiddenSizes",
  ],
  [
    "an evaluated set that fills the memory",
    { ...good, data: { images: 60_000, validation: 1 }, network: { ...good.network, hiddenSizes: [2048] } },
    "network.hiddenSizes",
  ],
  ["neither epochs nor iterations", bad("epochs", undefined), "iterations"],
  ["both epochs and iterations", bad("iterations", 10), "iterations"],
  ["a negative number of epochs", bad("epochs", -1), "epochs"],
  ["a last epoch without accuracies", bad("evaluateEvery", 3), "evaluateEvery"], // of 5 points
  ["accuracies at no epoch", bad("evaluateEvery", 0), "evaluateEvery"],
  ["evaluateEvery without epochs", { ...good, epochs: undefined, iterations: 10, evaluateEvery: 1 }, "evaluateEvery"],
  [
    "months of copying images for a single unit",
    {
      ...good,
      data: { images: 60_000 },
      network: { ...good.network, hiddenSizes: [1] },
      batchSize: 60_000,
      epochs: undefined,
      iterations: 1e7,
      record: ["loss"],
    },
    "takes more than two days",
  ],
  [
    "months of large products",
    {
      ...good,
      data: { images: 500 },
      network: { ...good.network, hiddenSizes: [2048, 2048, 2048] },
      epochs: undefined,
      iterations: 1e7,
      record: ["loss"],
    },
    "takes more than two days",
  ],
  ["the same twice in the record", bad("record", ["loss", "loss"]), "record: expected each measurement once"],
  ["a training without end", bad("epochs", 1e15), "epochs"],
  ["a number JavaScript can't hold", bad("seed", 2 ** 60), "seed"],
  ["a negative seed", bad("seed", -1), "seed"],
  ["something unknown to record", bad("record", ["weights"]), "record.0"],
  ["the same to be recorded a million times", bad("record", Array(1e6).fill("loss")), "record"],
];

test("refuses what is malformed or hostile, and names the field", async (t) => {
  assert.ok(hostile.length >= 30);
  for (const [what, spec, field] of hostile) {
    await t.test(what, () => {
      assert.throws(
        () => parseRunSpec(spec),
        (error: Error) => error instanceof TypeError && error.message.includes(field) && error.message.length < 2000,
      );
    });
  }
  assert.equal(({} as { seed?: number }).seed, undefined, "nothing may have got into the prototype of all objects");
});

test("runAll refuses before anything runs", async () => {
  let ran = 0;
  const specs = [good, bad("network.hiddenSizes", [-100]) as RunSpec];
  await assert.rejects(runAll(specs, { onProgress: () => ran++ }), {
    name: "TypeError",
    message: /network\.hiddenSizes\.0/,
  });
  assert.equal(ran, 0);
});

test("createOptimizer refuses what a spec may not have", () => {
  const refused: [described: unknown, message: string][] = [
    [null, "createOptimizer: expected object, got null"],
    [
      { name: "sgd", learningRate: 0.1 },
      'createOptimizer: name: expected one of SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW, got "sgd"',
    ],
    [{ name: "SGD" }, "createOptimizer: learningRate: expected a number above 0, got undefined"],
    [{ name: "SGD", learningRate: 0.1, lr: 1 }, "createOptimizer: lr: there is no such field"],
    [
      { name: "Adam", learningRate: 0.1, beta1: 2 },
      "createOptimizer: beta1: expected a number from 0 up to but not including 1, got 2",
    ],
  ];
  for (const [described, message] of refused)
    assert.throws(() => createOptimizer(described as OptimizerSpec), { name: "TypeError", message });
});

test("an error in onProgress fails the run, and nothing else", async () => {
  const onProgress = () => {
    throw new Error("mine");
  };
  await assert.rejects(runAll([{ ...good, record: [] }], { onProgress }), /1 of 1 runs failed; run 0: mine/);
});
