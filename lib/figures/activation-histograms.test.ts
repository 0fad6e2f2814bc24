import assert from "node:assert/strict";
import test from "node:test";
import { activationHistograms } from "./activation-histograms";
import type { Figure } from "./figure";

/** Values that fill the range and, with `spread` above 1, go beyond it. */
function layer(spread: number, length = 400): Float32Array {
  return Float32Array.from({ length }, (_, i) => (spread * (i + 0.5)) / length);
}

const sum = (values: unknown) => (values as number[]).reduce((total, value) => total + value, 0);
const traces = (figure: Figure, panel: [string, string]) =>
  figure.data.filter(({ xaxis, yaxis }) => xaxis === panel[0] && yaxis === panel[1]);
const texts = (figure: Figure) => (figure.layout.annotations as { text: string }[]).map(({ text }) => text);

test("sigmoid layers stand side by side, every value in a bin", () => {
  const layers = [1, 0.8, 0.6, 0.4, 0.2].map((spread) => layer(spread));
  const figure = activationHistograms("6-10", "sigmoid", [{ weights: "1", values: layers }]);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.equal(figure.id, "6-10");
  assert.deepEqual(
    figure.data.map(({ type }) => type),
    Array(5).fill("bar"),
  );
  assert.deepEqual(
    figure.data.map(({ xaxis }) => xaxis),
    ["x", "x2", "x3", "x4", "x5"],
  );
  for (const { x, y } of figure.data) {
    assert.equal((x as number[]).length, 30);
    assert.equal(sum(y), 400);
  }
  assert.deepEqual(texts(figure).slice(0, 5), ["layer 1", "layer 2", "layer 3", "layer 4", "layer 5"]);
  const { range } = figure.layout.yaxis as { range: number[] };
  assert.ok(range[1] >= Math.max(...figure.data.flatMap(({ y }) => y as number[])), "no bar is cut");
});

test("ReLU's values above 1 have their own bar and number, and none is lost", () => {
  const rows = ["std 0.01", "Xavier", "He"].map((weights, row) => ({
    weights,
    values: [layer(0.02 + row), layer(0.01 + 2 * row)],
  }));
  const figure = activationHistograms("6-14", "relu", rows);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  rows.forEach(({ values: layers }, row) =>
    layers.forEach((values, column) => {
      const [inside, above] = traces(figure, [column === 0 ? "x" : "x2", row === 0 ? "y" : `y${row + 1}`]);
      const beyond = values.filter((value) => value > 1).length;
      assert.deepEqual(above.y, [beyond]);
      assert.equal(sum(inside.y) + beyond, 400);
      assert.ok((above.x as number[])[0] > 1);
      const title = texts(figure)[2 * row + column];
      assert.match(title, new RegExp(`${Math.round(beyond / 4)}% >1`));
    }),
  );
  assert.match(figure.alt, /Weights He: the mean goes from 1\.0 to 2\.0/);
});

test("below a single row stand the spread over the inputs and the gradient, each under its layer's histogram", () => {
  const row = {
    weights: "0.01",
    values: [1, 0.8, 0.6].map((spread) => layer(spread)),
    overInputs: [0.02, 0.0005, 0],
    gradients: [4e-9, 3e-4, 2],
  };
  const figure = activationHistograms("6-11", "sigmoid", [row]);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  const [spread, gradient] = figure.data.filter(({ type }) => type === "scatter");
  assert.deepEqual(spread.y, [0.02, 0.0005, null], "nothing to draw on a logarithmic axis");
  assert.deepEqual(gradient.y, [2e-9, 1.5e-4, 1], "beside that of the last layer");
  assert.deepEqual([gradient.x, gradient.xaxis, gradient.yaxis], [[1, 2, 3], "x4", "y2"]);
  const { range } = figure.layout.yaxis2 as { range: number[] };
  assert.ok(range[0] <= Math.log10(2e-9) && range[1] >= 0);
  // Plotly gives columns that share the width w/o overlap steps of 1 / (n − gap), of which a panel fills 1 − gap.
  const step = 1 / (3 - 0.15);
  const [left, right] = (figure.layout.xaxis4 as { range: number[] }).range;
  for (const layer of [1, 2, 3]) {
    const centre = (layer - 1) * step + (step * (1 - 0.15)) / 2;
    assert.ok(Math.abs((layer - left) / (right - left) - centre) < 1e-12, `layer ${layer}`);
  }
  assert.match(figure.alt, /spread over the inputs goes from 0\.020 to 0\.0; .* first layer is 2\.0e-9 times/);

  const without = activationHistograms("6-11", "sigmoid", [{ ...row, gradients: undefined }]);
  assert.ok(without.data.every(({ type }) => type === "bar"));
});

test("a bar that is cut has a gap, and no other", () => {
  const figure = activationHistograms("6-14", "relu", [
    { weights: "He", values: [Float32Array.from({ length: 100 }, (_, i) => (i < 50 ? 0 : (i - 50) / 50))] },
  ]);
  const gaps = figure.data.filter(({ type }) => type === "scatter");
  assert.deepEqual(
    gaps.map(({ x }) => x),
    [[0.016667, 0.016667]],
  );
});

test("nothing, uneven rows and diverged layers are refused", () => {
  assert.throws(() => activationHistograms("6-14", "relu", []), /no layers/);
  const uneven = [
    { weights: "Xavier", values: [layer(1)] },
    { weights: "He", values: [layer(1), layer(1)] },
  ];
  assert.throws(() => activationHistograms("6-14", "relu", uneven), /row "He" has 2 layers, the first row 1/);
  assert.throws(() => activationHistograms("6-14", "relu", [{ weights: "He", values: [[NaN]] }]), /NaN/);
});
