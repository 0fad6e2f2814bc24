import assert from "node:assert/strict";
import test from "node:test";
import { activationHistograms, weightScaleSlider } from "./activation-histograms";
import type { Figure, Trace } from "./figure";

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
  const figure = activationHistograms("6-10", "sigmoid", [{ weights: "std 1", layers }]);
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
    layers: [layer(0.02 + row), layer(0.01 + 2 * row)],
  }));
  const figure = activationHistograms("6-14", "relu", rows);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  rows.forEach(({ layers }, row) =>
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
  assert.match(figure.alt, /He: layer 1 mean 1\.01, 51% above 1/);
});

test("nothing, uneven rows and diverged layers are refused", () => {
  assert.throws(() => activationHistograms("6-14", "relu", []), /no layers/);
  const uneven = [
    { weights: "Xavier", layers: [layer(1)] },
    { weights: "He", layers: [layer(1), layer(1)] },
  ];
  assert.throws(() => activationHistograms("6-14", "relu", uneven), /row "He" has 2 layers, the first row 1/);
  assert.throws(() => activationHistograms("6-14", "relu", [{ weights: "He", layers: [[NaN]] }]), /NaN/);
});

function* steps() {
  for (const scale of [0.01, 0.5, 1]) {
    const relu = [layer(scale, 40), layer(2 * scale, 40)];
    relu[1].forEach((_, i) => i % 4 === 0 && (relu[1][i] = 0));
    yield { scale, sigmoid: [layer(1, 40), layer(scale, 40)], tanh: [layer(1, 40), layer(scale, 40)], relu };
  }
}

test("the slider starts next to Xavier's scale and each of its frames redraws every panel", () => {
  const figure = weightScaleSlider(steps(), 4);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  const [slider] = figure.layout.sliders as { active: number; steps: { label: string; args: [string[]] }[] }[];
  assert.equal(slider.active, 1, "1/√4 = 0.5");
  assert.deepEqual(
    slider.steps.map(({ label }) => label),
    ["0.01", "0.5", "1"],
  );
  assert.deepEqual(
    slider.steps.map(({ args }) => args[0][0]),
    figure.frames!.map(({ name }) => name),
  );
  const start = figure.frames![1];
  assert.deepEqual(
    start.data.map(({ y }) => y),
    figure.data.map(({ y }) => y),
  );
  assert.deepEqual(start.layout!.annotations, figure.layout.annotations);
  for (const { data, traces, layout } of figure.frames!) {
    assert.equal(data.length, figure.data.length);
    assert.deepEqual(
      traces,
      figure.data.map((_, index) => index),
    );
    assert.equal((layout!.annotations as unknown[]).length, (figure.layout.annotations as unknown[]).length);
    const panels: Partial<Trace>[][] = [
      [data[0]],
      [data[1]],
      [data[2], data[3]],
      [data[4]],
      [data[5]],
      [data[6], data[7]],
    ];
    for (const panel of panels) assert.equal(sum(panel.flatMap(({ y }) => y)), 40);
  }
});

test("the slider's panels tell the shares of saturated values and dead units", () => {
  const figure = weightScaleSlider(steps(), 4);
  assert.match(texts(figure)[2], /<b>ReLU<\/b><br>0% dead, 0% >1/);
  assert.match(texts(figure)[5], /25% dead/);
  // Of the 40 tanh values (i + ½)/40 the last one, 0.9875, lies beyond 0.975.
  assert.match(texts(figure)[1], /<b>tanh<\/b><br>3% saturated/);
});

test("networks of unequal depth and no steps are refused", () => {
  assert.throws(() => weightScaleSlider([]), /no steps/);
  assert.throws(
    () => weightScaleSlider([{ scale: 0.1, sigmoid: [[0.5]], tanh: [], relu: [[0]] }], 1),
    /at scale 0.1 sigmoid has 1 layers, tanh 0, ReLU 1/,
  );
});
