import assert from "node:assert/strict";
import test from "node:test";
import { loadLibrary } from "../library.js";
import { chapterExperiments, matrixOperations, type RunSpec } from "./experiments.js";
import { wholeChapter } from "./report.js";

const { parseRunSpec } = loadLibrary("experiments/spec");

test("the nine experiments have the chapter's counts, and every spec is one", () => {
  const experiments = chapterExperiments(loadLibrary("index"));
  assert.deepEqual(
    experiments.map(({ id, specs }) => [id, specs.length]),
    [
      ["6-9", 4],
      ["6-15", 3],
      ["6-18", 2],
      ["6-19", 32],
      ["6-20", 1],
      ["6-21", 1],
      ["6-23 left", 1],
      ["6-23 right", 1],
      ["6-24", 100],
    ],
  );
  for (const { specs } of experiments) specs.forEach((spec) => parseRunSpec(spec));
  const trials = experiments[8].specs;
  assert.ok(trials.every(({ optimizer }) => optimizer.learningRate >= 1e-6 && optimizer.learningRate <= 1e-2));
  assert.ok(trials.every(({ network }) => Number(network.weightDecay) >= 1e-8 && Number(network.weightDecay) <= 1e-4));
});

test("operations of matrix products, counted by hand", () => {
  const spec: RunSpec = {
    data: { images: 7, validation: 2 },
    network: { inputSize: 784, hiddenSizes: [3], outputSize: 10 },
    optimizer: { name: "SGD", learningRate: 1 },
    batchSize: 5,
    epochs: 2,
    record: ["loss", "trainAccuracy", "validationAccuracy"],
    seed: 1,
  };
  const history = {
    iterations: 2,
    loss: [1, null],
    trainAccuracy: [0, null],
    validationAccuracy: [0, null],
    testAccuracy: [],
    divergedAt: 2,
  };
  const products = [
    // Two updates: forward, both dW, and dx of the second layer.
    2 * 2 * (5 * 784 * 3 + 5 * 3 * 10 + 784 * 5 * 3 + 3 * 5 * 10 + 5 * 10 * 3),
    // One loss on 5 images, one accuracy on 5 and one on 2.
    2 * (5 + 5 + 2) * (784 * 3 + 3 * 10),
  ];
  assert.equal(matrixOperations(spec, history), products[0] + products[1]);
});

test("the whole chapter is the sum of its experiments", () => {
  const measured = [1, 3].map((seconds) => ({
    id: "",
    runs: "",
    seconds,
    listed: 6 * seconds,
    tuned: 2 * seconds,
    gflops: 100,
    operations: seconds * 1e11,
  }));
  const { seconds, listed, tuned, gflops } = wholeChapter(measured);
  assert.deepEqual({ seconds, listed, tuned, gflops }, { seconds: 4, listed: 24, tuned: 8, gflops: 100 });
});
