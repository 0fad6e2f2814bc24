import assert from "node:assert/strict";
import test from "node:test";
import { smoothCurve } from "./smooth-curve";
import type { Figure, Trace } from "./figure";
import { accuracyCurves, lossCurves } from "./learning-curves";

function assertJson(figure: Figure) {
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
}

/** Jittery and falling: every seed different, and nothing random. */
const loss = (seed: number, length = 200) =>
  Array.from({ length }, (_, i) => 2.3 * Math.exp(-i / 50) + 0.1 * Math.sin(12.9898 * (i + 1) * (seed + 1)));
const lines = ({ data }: Figure) => data.filter(({ mode }) => mode === "lines+markers");
const bands = ({ data }: Figure) => data.filter(({ fill }) => fill === "toself");
const numbers = (trace: Trace, key: "x" | "y") => trace[key] as (number | null)[];

test("one run a curve: the smoothed loss to four digits, no band", () => {
  const runs = [loss(0), loss(1)];
  const figure = lossCurves({
    id: "6-9",
    caption: "Losses.",
    curves: [
      { name: "SGD", runs: [runs[0]] },
      { name: "Adam", runs: [runs[1]] },
    ],
    yRange: [0, 1],
  });
  assertJson(figure);
  assert.deepEqual([figure.id, figure.caption], ["6-9", "Losses."]);
  assert.equal(bands(figure).length, 0);
  lines(figure).forEach((line, i) => {
    const expected = smoothCurve(runs[i]);
    assert.equal(numbers(line, "y").length, 200);
    numbers(line, "y").forEach((value, j) =>
      assert.ok(Math.abs(value! - expected[j]!) <= 5e-4 * Math.abs(expected[j]!)),
    );
  });
  assert.deepEqual((figure.layout.yaxis as { range: number[] }).range, [0, 1]);
  const [first, last] = (figure.layout.xaxis as { range: number[] }).range;
  assert.ok(first < 0 && last > 199);
});

test("curves differ in colour and marker, accuracies in dash as well", () => {
  const curves = [0, 1, 2, 3].map((seed) => ({ name: `curve ${seed}`, runs: [loss(seed)] }));
  const looks = (figure: Figure, of: (trace: Trace) => unknown) => new Set(lines(figure).map(of)).size;
  const losses = lossCurves({ id: "6-9", caption: "", curves, yRange: [0, 1] });
  assert.equal(
    looks(losses, ({ marker }) => (marker as { color: string }).color),
    4,
  );
  assert.equal(
    looks(losses, ({ marker }) => (marker as { symbol: string }).symbol),
    4,
  );
  const accuracies = accuracyCurves({ id: "6-20", caption: "", panels: [{ curves }] });
  assert.equal(
    looks(accuracies, ({ line }) => (line as { dash: string }).dash),
    4,
  );
});

test("several seeds: the median in a band from the least to the greatest", () => {
  const runs = [
    [0.1, 0.4, 0.5],
    [0.3, 0.2, 0.9],
    [0.2, 0.8, 0.7],
    [0.9, 0.6, 0.6],
  ];
  const figure = accuracyCurves({ id: "6-18", caption: "", panels: [{ curves: [{ name: "train", runs }] }] });
  assertJson(figure);
  assert.deepEqual(numbers(lines(figure)[0], "y"), [0.25, 0.5, 0.65]);
  assert.deepEqual(numbers(bands(figure)[0], "x"), [0, 1, 2, 2, 1, 0]);
  assert.deepEqual(numbers(bands(figure)[0], "y"), [0.9, 0.8, 0.9, 0.5, 0.2, 0.1]);
  assert.match(figure.alt, /train goes from 0\.25 to 0\.65 \(0\.5 to 0\.9\)\. Lines are medians of 4 seeds/);
});

test("the band of a loss is that of the smoothed runs, not the smoothed extremes", () => {
  const runs = [loss(0), loss(1), loss(2)];
  const figure = lossCurves({ id: "6-9-seeds", caption: "", curves: [{ name: "SGD", runs }], yRange: [0, 1] });
  const smooth = runs.map((run) => smoothCurve(run)[77]!).sort((a, b) => a - b);
  const close = (value: number | null, expected: number) => assert.ok(Math.abs(value! - expected) <= 5e-4 * expected);
  close(numbers(lines(figure)[0], "y")[77], smooth[1]);
  close(numbers(bands(figure)[0], "y")[77], smooth[2]);
  close(numbers(bands(figure)[0], "y")[399 - 77], smooth[0]);
});

test("what has diverged is left blank and said so", () => {
  const single = lossCurves({
    id: "x",
    caption: "",
    curves: [{ name: "SGD", runs: [[2, 3, NaN, Infinity]] }],
    yRange: [0, 4],
  });
  assertJson(single);
  assert.deepEqual(
    numbers(lines(single)[0], "y").map((value) => value === null),
    [false, false, true, true],
  );
  assert.equal(lines(single)[0].name, "SGD (diverged)");
  assert.match(single.alt, /SGD starts at [\d.]+ and diverged/);

  const some = accuracyCurves({
    id: "x",
    caption: "",
    panels: [
      {
        curves: [
          {
            name: "train",
            runs: [
              [0.1, null, null],
              [0.3, 0.5, null],
            ],
          },
        ],
      },
    ],
  });
  assertJson(some);
  assert.deepEqual(numbers(lines(some)[0], "y"), [0.2, 0.5, null]);
  assert.deepEqual(numbers(bands(some)[0], "x"), [0, 1, 1, 0]);
  assert.equal(lines(some)[0].name, "train (2 of 2 seeds diverged)");

  const never = accuracyCurves({
    id: "x",
    caption: "",
    panels: [{ curves: [{ name: "train", runs: [[null, null]] }] }],
  });
  assert.match(never.alt, /train diverged at once/);
});

test("panels share the y axis and one legend", () => {
  const curves = [
    { name: "train", runs: [[0.1, 1]] },
    { name: "test", runs: [[0.1, 0.8]] },
  ];
  const figure = accuracyCurves({
    id: "6-23",
    caption: "",
    panels: [
      { title: "without Dropout", curves },
      { title: "with Dropout", curves },
    ],
  });
  assertJson(figure);
  assert.deepEqual(
    figure.data.map(({ xaxis, yaxis, name, showlegend }) => [xaxis, yaxis, name, showlegend]),
    [
      ["x", "y", "train", undefined],
      ["x", "y", "test", undefined],
      ["x2", "y", "train", false],
      ["x2", "y", "test", false],
    ],
  );
  assert.deepEqual(
    figure.layout.xaxis2 && (figure.layout.xaxis2 as { range: number[] }).range,
    (figure.layout.xaxis as { range: number[] }).range,
  );
  assert.match(figure.alt, /without Dropout: train goes from 0\.1 to 1; test goes from 0\.1 to 0\.8\. with Dropout: /);
});

test("runs that cannot be one curve are refused with what is wrong", () => {
  const of = (runs: number[][]) => () =>
    accuracyCurves({ id: "x", caption: "", panels: [{ curves: [{ name: "train", runs }] }] });
  assert.throws(of([]), /curve train: no runs/);
  assert.throws(of([[]]), /at least one point, got 0 points/);
  assert.throws(of([[1, 2], [1]]), /got 2 points in run 0 and 1 in run 1/);
  assert.throws(() => lossCurves({ id: "x", caption: "", curves: [], yRange: [0, 1] }), /no curves/);
});
