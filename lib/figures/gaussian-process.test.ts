import assert from "node:assert/strict";
import test from "node:test";
import { surrogateCurves } from "./gaussian-process";

const expected = [
  { value: 0.001, mean: 0.2, deviation: 0.1, improvement: 0.001 },
  { value: 0.01, mean: 0.7, deviation: 0.2, improvement: 0.08 },
  { value: 0.1, mean: 0.9, deviation: 0.01, improvement: 0.02 },
  { value: 1, mean: 0.1, deviation: 0.3, improvement: 0 },
];
const trials = [
  { value: 0.001, score: 0.2 },
  { value: 0.1, score: 0.88 },
];

test("mean, band, trials and improvement as given; the line stands where the improvement is largest", () => {
  const figure = surrogateCurves({ trials, expected, others: [{ value: 0.02, score: 0.8 }] });
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  const named = (name: string) => figure.data.find((trace) => trace.name === name)!;
  assert.deepEqual(named("expected accuracy").y, [0.2, 0.7, 0.9, 0.1]);
  assert.deepEqual(figure.data[0].y, [0.1, 0.5, 0.89, -0.2]);
  assert.deepEqual(named("± standard deviation").y, [0.3, 0.9, 0.91, 0.4]);
  assert.deepEqual([named("trials").x, named("trials").y], [[0.001, 0.1], [0.2, 0.88]]); // prettier-ignore
  assert.deepEqual(named("trials not known to it").y, [0.8]);
  assert.deepEqual(named("expected improvement").yaxis, "y2");
  const [{ x0, x1 }] = figure.layout.shapes as { x0: number; x1: number }[];
  assert.deepEqual([x0, x1], [0.01, 0.01]);
  assert.match(figure.alt, /best trial has accuracy 0\.88 at 0\.1\. .* largest at 0\.01, .* 0\.70 ± 0\.20/);
});

test("without other trials there is no entry for them; without trials there is no figure", () => {
  assert.ok(!surrogateCurves({ trials, expected }).data.some(({ name }) => name === "trials not known to it"));
  assert.throws(() => surrogateCurves({ trials: [], expected }), { name: "RangeError", message: /pass trials/ });
});
