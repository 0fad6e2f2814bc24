import assert from "node:assert/strict";
import test from "node:test";
import type { RunSpec } from "../experiments";
import type { History } from "../trainer";
import { section63 } from "./section-6.3";

const verdicts = (findings: { right: boolean | undefined }[]) => findings.map(({ right }) => right);

test("6.3-1: four values by hand, the same after a shift, no bias needed", () => {
  // Mean 3 and variance (4 + 1 + 0 + 9) / 4.
  const output = [-2, -1, 0, 3].map((value) => value / Math.sqrt(3.5));
  assert.deepEqual(verdicts(section63["6.3-1"]({ output, shifted: output, needsBias: false })), [true, true, true]);
  const unbiased = [-2, -1, 0, 3].map((value) => value / Math.sqrt(14 / 3));
  const wrong = { output: unbiased, shifted: output.slice(1), needsBias: true };
  assert.deepEqual(verdicts(section63["6.3-1"](wrong)), [false, false, false]);
  assert.deepEqual(verdicts(section63["6.3-1"]({})), [undefined, undefined, undefined]);
});

test("6.3-2: columns add up to 0, and the largest dx shows that it was computed", () => {
  const zeros = [0, 0, 0, 0];
  assert.deepEqual(verdicts(section63["6.3-2"]({ sums: zeros, largest: 2.237 })), [true, true]);
  assert.deepEqual(verdicts(section63["6.3-2"]({ sums: [0, 0.01, 0, 0], largest: 2.5 })), [false, false]);
  assert.deepEqual(verdicts(section63["6.3-2"]({})), [undefined, undefined]);
});

const history = (accuracy: number | null) => ({ trainAccuracy: [0.1, accuracy] }) as unknown as History;

/** Rows as a sweep gives them, with invented accuracies. */
const rows = (accuracies: (number | null)[], change: Partial<RunSpec> = {}) =>
  [0.01, 0.1, 1, 10].map((learningRate, i) => ({
    spec: {
      data: { images: 1000 },
      network: {
        inputSize: 784,
        hiddenSizes: [100, 100, 100, 100, 100],
        outputSize: 10,
        initialWeights: 1,
        batchNormalization: "before" as const,
      },
      optimizer: { name: "SGD" as const, learningRate },
      batchSize: 100,
      epochs: 20,
      record: ["trainAccuracy" as const],
      seed: 1,
      ...change,
    },
    history: history(accuracies[i]),
  }));

test("6.3-3: the runs asked for, and the best of them", () => {
  const runs = rows([0.4, 0.8, 0.9, null]);
  assert.deepEqual(verdicts(section63["6.3-3"]({ runs, best: 1 })), [true, true]);
  assert.deepEqual(verdicts(section63["6.3-3"]({ runs, best: 0.1 })), [true, false]);
  assert.deepEqual(verdicts(section63["6.3-3"]({ runs })), [true, undefined]);
  assert.deepEqual(verdicts(section63["6.3-3"]({})), [undefined, undefined]);
});

test("6.3-3: says what makes runs other than those asked for", () => {
  const off = (runs: ReturnType<typeof rows>) => section63["6.3-3"]({ runs, best: 1 })[0].off;
  assert.match(off(rows([0, 0, 1, 0]).slice(1))!, /none with learning rate 0\.01$/);
  assert.match(off(rows([0, 0, 1, 0], { seed: 2 }))!, /differs in seed/);
  const [{ spec }] = rows([0]);
  const network = { ...spec.network, initialWeights: 0.1 };
  assert.match(off(rows([0, 0, 1, 0], { network }))!, /differs in network\.initialWeights/);
});

test("6.3-4: accuracies after 9 updates, and the share of the averages", () => {
  assert.deepEqual(verdicts(section63["6.3-4"]({})), [undefined, undefined, undefined]);
  assert.deepEqual(verdicts(section63["6.3-4"]({ share: 0.613 })), [undefined, undefined, true]);
  assert.deepEqual(verdicts(section63["6.3-4"]({ share: 0.387 })), [undefined, undefined, false]);
  const [running, own] = section63["6.3-4"]({ running: 2, own: 2 });
  const accuracyOf = ({ off }: { off?: string }) => 2 - Number(/by ([\d.]+)/.exec(off!)![1]);
  assert.ok(accuracyOf(running) < 0.15, "running averages guess");
  assert.ok(accuracyOf(own) > accuracyOf(running) + 0.02, "the images' own statistics do better");
  const right = { running: accuracyOf(running), own: accuracyOf(own), share: 1 - 0.9 ** 9 };
  assert.deepEqual(verdicts(section63["6.3-4"](right)), [true, true, true]);
});
