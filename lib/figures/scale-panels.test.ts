import assert from "node:assert/strict";
import test from "node:test";
import { scalePanels } from "./scale-panels";

const rising = Array.from({ length: 20 }, (_, epoch) => 0.1 + 0.04 * epoch);
const scales = Array.from({ length: 16 }, (_, i) => 10 ** ((-4 * i) / 15));

test("figure 6-19: 16 panels in the order given, titled with three digits, solid with BatchNorm and dashed without", () => {
  const figure = scalePanels(
    scales.map((scale) => ({ scale, withBatchNorm: rising, without: rising.map((a) => a / 2) })),
  );
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.equal(figure.id, "6-19");
  const titles = (figure.layout.annotations as { text: string; xref: string; yref: string }[]).slice(0, 16);
  assert.equal(titles[0].text, "<b>1</b>");
  assert.equal(titles[9].text, "<b>0.00398</b>");
  assert.equal(titles[15].text, "<b>0.0001</b>");
  // What the numbers are stands once, above them all.
  const annotations = figure.layout.annotations as { text: string }[];
  assert.equal(annotations.filter(({ text }) => text.includes("standard deviation of the initial weights")).length, 1);
  assert.deepEqual([titles[9].xref, titles[9].yref], ["x2 domain", "y3 domain"]);
  assert.equal(figure.data.length, 32);
  for (const [name, dash] of [
    ["with BatchNorm", "solid"],
    ["without", "dash"],
  ]) {
    const curves = figure.data.filter((trace) => trace.name === name);
    assert.deepEqual(
      curves.map(({ xaxis, yaxis }) => `${xaxis} ${yaxis}`),
      titles.map(({ xref, yref }) => `${xref} ${yref}`.replaceAll(" domain", "")),
    );
    assert.ok(curves.every(({ line }) => (line as { dash: string }).dash === dash));
    assert.equal(curves.filter(({ showlegend }) => showlegend).length, 1);
    assert.match(curves[9].hovertemplate as string, /standard deviation 0\.00398<br>/);
  }
  assert.ok(!figure.caption.includes("diverged"));
});

test("a diverged run ends in a marker with its epoch, whether null or NaN", () => {
  for (const gone of [null, NaN]) {
    const without = rising.map((accuracy, epoch) => (epoch < 3 ? accuracy : gone));
    const figure = scalePanels([
      { scale: 1, withBatchNorm: rising, without: rising.map(() => gone) },
      { scale: 0.5, withBatchNorm: rising, without },
    ]);
    assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
    const crosses = figure.data.filter(({ mode }) => mode === "markers");
    assert.deepEqual([crosses[1].x, crosses[1].y], [[2], [rising[2]]]);
    const notes = figure.data.filter(({ mode }) => mode === "text");
    assert.deepEqual(
      notes.map(({ text, xaxis }) => [text, xaxis]),
      [
        [["diverged:<br>epoch 0"], "x"],
        [["diverged:<br>epoch 3"], "x2"],
      ],
    );
    const lines = figure.data.filter(({ name, mode }) => name === "without" && mode === "lines");
    assert.deepEqual(
      lines.map(({ y, showlegend }) => [y, showlegend]),
      [[rising.slice(0, 3), true]],
    );
    assert.match(figure.alt, /above 0\.5 in 2 panels with batch normalization and in 0 without; 2 runs diverged/);
    assert.match(figure.caption, /diverged/);
  }
});

test("a note on a diverged run stands clear of the other run's line", () => {
  const gone = rising.map((_, epoch) => (epoch < 1 ? 0.1 : null));
  for (const line of [rising, rising.map(() => 0.99), rising.map(() => 0.1), rising.map((a) => a / 2)]) {
    const { data } = scalePanels([{ scale: 1, withBatchNorm: line, without: gone }]);
    const note = data.find(({ mode }) => mode === "text") as unknown as { x: number[]; y: number[] };
    // Two lines of 11 pixels in a plot of about 95: a sixth of it above and below.
    for (let epoch = 6; epoch <= 14; epoch++) assert.ok(Math.abs(line[epoch] - note.y[0]) > 0.15, `${line[epoch]}`);
    assert.equal(note.x[0], 10);
  }
});

test("no panels or no accuracies are refused", () => {
  assert.throws(() => scalePanels([]), /no panels/);
  assert.throws(() => scalePanels([{ scale: 0.1, withBatchNorm: rising, without: [] }]), /no accuracies at scale 0\.1/);
});
