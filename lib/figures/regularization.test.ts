import assert from "node:assert/strict";
import test from "node:test";
import { weightHistograms } from "./regularization";

test("every weight is in a bin of the common range, and the numbers above the panel are its own", () => {
  const trainings = [
    { penalty: "no penalty", weights: [Float32Array.of(-0.5, 0.25), [0.5, -0.25]] },
    { penalty: "L1", weights: [0, 0, 0.0005, 0.1] },
    { penalty: "max-norm", weights: Float32Array.of(0.2, -0.2) },
  ];
  const figure = weightHistograms(trainings);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  const counts = figure.data.map(({ y }) => (y as number[]).reduce((sum, count) => sum + count, 0));
  assert.deepEqual(counts, [4, 4, 2]);
  assert.deepEqual(
    figure.data.map(({ xaxis, yaxis }) => [xaxis, yaxis]),
    [
      ["x", "y"],
      ["x2", "y"],
      ["x", "y2"],
    ],
  );
  assert.deepEqual((figure.layout.xaxis as { range: number[] }).range, [-0.5, 0.5]);
  assert.equal((figure.layout.yaxis2 as { type: string }).type, "log");
  const titles = (figure.layout.annotations as { text: string }[]).map(({ text }) => text);
  // √((2·0.5² + 2·0.25²)/4) = 0.395
  assert.equal(titles[0], "<b>no penalty</b><br>largest 0.50, σ 0.40<br>0.0% near 0");
  assert.match(titles[1], /largest 0\.10, σ 0\.043<br>75\.0% near 0/);
});

test("nothing and diverged weights are refused", () => {
  assert.throws(() => weightHistograms([]), /nothing to draw/);
  assert.throws(() => weightHistograms([{ penalty: "none", weights: [0.1, NaN] }]), /value 1 is NaN/);
});
