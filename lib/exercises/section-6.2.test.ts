import assert from "node:assert/strict";
import test from "node:test";
import { tf } from "../index";
import type { RunSpec } from "../experiments";
import type { History } from "../trainer";
import { section62 } from "./section-6.2";

const rights = (findings: { right?: boolean }[]) => findings.map(({ right }) => right);

test("6.2-1: the last layer, by √(200/110)", () => {
  assert.deepEqual(rights(section62["6.2-1"]({ layer: "100-10", factor: 1.348 })), [true, true]);
  assert.deepEqual(
    rights(section62["6.2-1"]({ layer: "784-100", factor: 1.332 })),
    [false, false],
    "the first is close",
  );
  assert.deepEqual(rights(section62["6.2-1"]({})), [undefined, undefined]);
});

test("6.2-2: Xavier's scale halves the mean square nine times, He's keeps it", () => {
  assert.deepEqual(rights(section62["6.2-2"]({ xavier: Math.sqrt(2 ** -9), he: 1 })), [true, true]);
  assert.deepEqual(rights(section62["6.2-2"]({ xavier: Math.sqrt(2 ** -10), he: 0.9 })), [false, false]);
});

test("6.2-3 looks at the runs that it is given", () => {
  const run = (initialWeights: "xavier" | "he", seed: number, loss: number, activation: "tanh" | "relu" = "tanh") => ({
    spec: {
      data: { images: 60000 },
      network: { inputSize: 784, hiddenSizes: [100, 100, 100, 100], outputSize: 10, activation, initialWeights },
      optimizer: { name: "SGD", learningRate: 0.01 },
      batchSize: 128,
      iterations: 2000,
      record: ["loss"],
      seed,
    } satisfies RunSpec as RunSpec,
    history: { loss: Array<number>(200).fill(loss) } as unknown as History,
  });
  const runs = [run("xavier", 1, 0.3), run("xavier", 2, 0.3), run("he", 1, 0.2), run("he", 2, 0.3)];
  const check = section62["6.2-3"];
  assert.deepEqual(rights(check({ runs, lower: "he" })), [true, true, undefined, undefined]);
  assert.deepEqual(rights(check({ runs, lower: "xavier" })).slice(0, 2), [true, false]);
  const without = [run("he", 1, 0.1, "relu"), ...runs.filter(({ spec }) => spec.seed === 2)];
  assert.deepEqual(rights(check({ runs: without, lower: "he" })).slice(0, 2), [false, undefined]);
});

test("6.2-3: half of the gradient arrives from Xavier's scale, all of it from He's, and no tensor stays", () => {
  const before = tf.memory().numTensors;
  const check = section62["6.2-3"];
  // 0.543 and 1.02 with 1000 inputs, as measured layer by layer in the notebook.
  assert.deepEqual(rights(check({ arrivesFromXavier: 0.543, arrivesFromHe: 1.02 })).slice(2), [true, true]);
  assert.deepEqual(rights(check({ arrivesFromXavier: 1.02, arrivesFromHe: 0.543 })).slice(2), [false, false]);
  assert.equal(tf.memory().numTensors, before);
});
