import assert from "node:assert/strict";
import test from "node:test";
import { testAgainstTraining } from "./test-against-training";

const history = (trainAccuracy: (number | null)[], testAccuracy: (number | null)[]) => ({
  trainAccuracy,
  testAccuracy,
});

test("a point for each epoch: the medians over the seeds", () => {
  const figure = testAgainstTraining({
    id: "6-23-fair",
    curves: [
      {
        name: "plain",
        runs: [history([0.1, 0.6, 1], [0.1, 0.5, 0.7]), history([0.3, 0.7, 1], [0.2, 0.55, 0.8])],
      },
      { name: "diverged at its end", runs: [history([0.1, 0.4, null], [0.1, 0.3, null])] },
    ],
    from: 0.05,
  });
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  const [equal, plain, diverged] = figure.data;
  assert.deepEqual([equal.x, equal.y], [[0.05, 1], [0.05, 1]]); // prettier-ignore
  assert.deepEqual([plain.x, plain.y], [[0.2, 0.65, 1], [0.15, 0.525, 0.75]]); // prettier-ignore
  assert.deepEqual([diverged.x, diverged.y], [[0.1, 0.4], [0.1, 0.3]]); // prettier-ignore
  assert.deepEqual((plain.marker as { size: number[] }).size, [0, 0, 11]);
  assert.match(figure.alt, /plain ends at a training accuracy of 1 and a test accuracy of 0\.75/);
  assert.match(figure.caption, /medians/);
});

test("nothing to draw and runs of different lengths are refused", () => {
  const draw = (runs: ReturnType<typeof history>[]) =>
    testAgainstTraining({ id: "6-23-fair", curves: [{ name: "plain", runs }] });
  assert.throws(() => testAgainstTraining({ id: "6-23-fair", curves: [] }), /no curves/);
  assert.throws(() => draw([]), /lengths of no run/);
  assert.throws(() => draw([history([0.1, 0.2], [0.1])]), /got lengths 2, 1/);
  assert.throws(() => draw([history([null], [null])]), /all its runs have diverged/);
});
