import assert from "node:assert/strict";
import test from "node:test";
import { endLabels, endMargin, spread } from "./end-labels";

test("positions are moved apart as little as possible, in their order, and stay inside", () => {
  assert.deepEqual(spread([1, 5, 9], 2, [0, 10]), [1, 5, 9], "far enough apart already");
  assert.deepEqual(spread([5, 5], 2, [0, 10]), [6, 4], "both by half of the gap; the first stays above");
  assert.deepEqual(spread([4, 5, 9], 2, [0, 10]), [3.5, 5.5, 9]);
  assert.deepEqual(spread([0, 0, 0], 2, [0, 10]).sort(), [0, 2, 4]);
  assert.deepEqual(spread([10, 9.5], 2, [0, 10]), [10, 8]);
  assert.deepEqual(spread([], 2, [0, 10]), []);
});

test("no other arrangement with the gaps is nearer, found by trying", () => {
  const wanted = [0.9, 1, 3, 3.4, 3.6];
  const distance = (places: number[]) => places.reduce((sum, place, i) => sum + (place - wanted[i]) ** 2, 0);
  const placed = spread(wanted, 1, [-10, 10]);
  placed.forEach((place, i) => assert.ok(i === 0 || place - placed[i - 1] > 1 - 1e-9));
  const steps = Array.from({ length: 21 }, (_, i) => -2 + 0.3 * i);
  const search = (places: number[]): number =>
    places.length === wanted.length
      ? distance(places)
      : Math.min(
          Infinity,
          ...steps
            .filter((step) => places.length === 0 || step - places.at(-1)! >= 1 - 1e-9)
            .map((step) => search([...places, step])),
        );
  assert.ok(distance(placed) <= search([]) + 1e-9);
});

test("labels do not lie on each other, whatever the axis, and start at their lines' ends", () => {
  const ends = [0.0009, 0.1, 0.107, 0.016].map((y, i) => ({ x: 29, y, color: "#000000", text: `rule ${i}` }));
  for (const [log, range] of [
    [true, [1e-4, 10]],
    [false, [0, 1]],
  ] as [boolean, [number, number]][]) {
    const height = 120;
    const labels = endLabels(ends, { range, height, log }) as { x: number; y: number; ay: number }[];
    const [low, high] = log ? range.map(Math.log10) : range;
    labels.forEach(({ x, y }, i) => {
      assert.equal(x, 29);
      assert.ok(Math.abs(y - (log ? Math.log10(ends[i].y) : ends[i].y)) < 1e-4);
    });
    // From the top; to whole pixels.
    const pixels = labels.map(({ y, ay }) => ((high - y) / (high - low)) * height + ay).sort((a, b) => a - b);
    pixels.forEach((at, i) => assert.ok(at >= -0.5 && at <= height - 7.5 && (i === 0 || at - pixels[i - 1] >= 15)));
  }
});

test("a label of a value beyond the range stands at its edge", () => {
  const [label] = endLabels([{ x: 1, y: 7, color: "#000000", text: "far" }], { range: [0, 1], height: 300 });
  assert.deepEqual([label.y, label.ay], [1, 0]);
});

test("the margin has room for the longest line, without its markup", () => {
  assert.equal(endMargin(["<b>Adam</b><br>η = 0.001"]), endMargin(["η = 0.001"]));
  assert.ok(endMargin(["Momentum"]) > endMargin(["SGD"]));
});
