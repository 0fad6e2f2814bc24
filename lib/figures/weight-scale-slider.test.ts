import assert from "node:assert/strict";
import test from "node:test";
import type { Figure, Trace } from "./figure";
import { weightScaleSlider } from "./weight-scale-slider";

/** Values that fill the range and, with `spread` above 1, go beyond it. */
function layer(spread: number, length = 400): Float32Array {
  return Float32Array.from({ length }, (_, i) => (spread * (i + 0.5)) / length);
}

const sum = (values: unknown) => (values as number[]).reduce((total, value) => total + value, 0);
const texts = (figure: Figure) => (figure.layout.annotations as { text: string }[]).map(({ text }) => text);

function* steps() {
  for (const scale of [0.01, 0.5, 1]) {
    const relu = [layer(scale, 40), layer(2 * scale, 40)];
    relu[1].forEach((_, i) => i % 4 === 0 && (relu[1][i] = 0));
    const shaped = { values: [layer(1, 40), layer(scale, 40)] };
    yield { scale, sigmoid: { ...shaped, gradients: [0.0123 * scale, scale] }, tanh: shaped, relu: { values: relu } };
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
  assert.match(texts(figure)[1], /<b>tanh<\/b><br>3% saturated$/);
  assert.match(texts(figure)[0], /saturated<br>gradient 0\.012$/, "beside that of the last layer");
  assert.match(texts(figure)[3], /saturated<br>gradient 1\.0$/);
});

test("networks of unequal depth and no steps are refused", () => {
  assert.throws(() => weightScaleSlider([]), /no steps/);
  assert.throws(
    () =>
      weightScaleSlider(
        [{ scale: 0.1, sigmoid: { values: [[0.5]] }, tanh: { values: [] }, relu: { values: [[0]] } }],
        1,
      ),
    /at scale 0.1 sigmoid has 1 layers, tanh 0, ReLU 1/,
  );
});
