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
  assert.equal(titles[0].text, "W std<br>1");
  assert.equal(titles[9].text, "W std<br>0.00398");
  assert.equal(titles[15].text, "W std<br>0.0001");
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
    const crosses = figure.data.filter(({ mode }) => mode === "markers+text");
    assert.deepEqual(
      crosses.map(({ text }) => text),
      [["diverged,<br>epoch 0"], ["diverged,<br>epoch 3"]],
    );
    assert.deepEqual([crosses[1].x, crosses[1].y], [[2], [rising[2]]]);
    const lines = figure.data.filter(({ name, mode }) => name === "without" && mode === "lines");
    assert.deepEqual(
      lines.map(({ y, showlegend }) => [y, showlegend]),
      [[rising.slice(0, 3), true]],
    );
    assert.match(figure.alt, /std 1: 0\.86 with, diverged at epoch 0 without/);
    assert.match(figure.caption, /diverged/);
  }
});

test("no panels or no accuracies are refused", () => {
  assert.throws(() => scalePanels([]), /no panels/);
  assert.throws(() => scalePanels([{ scale: 0.1, withBatchNorm: rising, without: [] }]), /no accuracies at scale 0\.1/);
});
