import assert from "node:assert/strict";
import test from "node:test";
import { bowlSurface, comparePaths, descentPath, gradientField, type DescentPath } from "./bowl";
import type { Figure } from "./figure";

/** SGD in closed form: each update multiplies x by 1 − η/10 and y by 1 − 2η. */
function sgd(learningRate: number, positions: number): DescentPath {
  const steps = Array.from({ length: positions }, (_, t) => t);
  return {
    name: "SGD",
    learningRate,
    path: {
      x: steps.map((t) => -7 * (1 - learningRate / 10) ** t),
      y: steps.map((t) => 2 * (1 - 2 * learningRate) ** t),
    },
  };
}

const slow = { ...sgd(0.1, 30), name: "slow SGD" };

function assertJson(figure: Figure) {
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
}

test("6-1 has the heights of f on a surface and on contours", () => {
  const figure = bowlSurface();
  assertJson(figure);
  assert.equal(figure.id, "6-1");
  assert.deepEqual(
    figure.data.map(({ type }) => type),
    ["surface", "contour", "scatter"],
  );
  for (const { x, y, z } of figure.data.slice(0, 2) as unknown as { x: number[]; y: number[]; z: number[][] }[]) {
    assert.deepEqual([x[0], x.at(-1), y[0], y.at(-1)], [-10, 10, -10, 10]);
    assert.deepEqual([z.length, z[0].length], [y.length, x.length]);
    assert.equal(z[0][0], 105);
    assert.equal(z[y.indexOf(2)][x.indexOf(-7)], 6.45);
    assert.equal(z[y.indexOf(0)][x.indexOf(0)], 0);
  }
});

test("6-2's arrows lie along −∇f, none reaching the next row, and those on the axis point inwards", () => {
  const figure = gradientField();
  assertJson(figure);
  const { x, y, marker } = figure.data[0] as unknown as {
    x: (number | null)[];
    y: (number | null)[];
    marker: { size: number[] };
  };
  assert.equal(x.length, 11 * 21 * 3);
  assert.equal(y.length, x.length);
  assert.equal(marker.size.length, x.length);
  for (let i = 0; i < x.length; i += 3) {
    const [fromX, toX, fromY, toY] = [x[i]!, x[i + 1]!, y[i]!, y[i + 1]!];
    assert.equal(x[i + 2], null);
    // Parallel to (x/10, 2y), and downhill.
    assert.ok(Math.abs((toX - fromX) * 2 * fromY - (toY - fromY) * (fromX / 10)) < 1e-12);
    assert.ok(toX ** 2 / 20 + toY ** 2 <= fromX ** 2 / 20 + fromY ** 2);
    assert.ok(Math.hypot(toX - fromX, toY - fromY) < 1);
  }
});

test("a path has a frame a position, of path coordinates only, and opens on the last one", () => {
  const figure = descentPath({ id: "6-3", ...sgd(0.95, 30) });
  assertJson(figure);
  assert.equal(figure.id, "6-3");
  assert.equal(figure.frames!.length, 30);
  figure.frames!.forEach(({ name, data, traces }, i) => {
    assert.equal(name, String(i));
    assert.deepEqual(data.map(Object.keys), [
      ["x", "y"],
      ["x", "y"],
    ]);
    assert.equal((data[0].x as number[]).length, i + 1);
    assert.deepEqual([data[1].x, data[1].y], [[(data[0].x as number[])[i]], [(data[0].y as number[])[i]]]);
    assert.ok(traces.every((trace) => figure.data[trace].type === "scatter"));
  });
  const { data, traces } = figure.frames!.at(-1)!;
  traces.forEach((trace, i) => assert.deepEqual([figure.data[trace].x, figure.data[trace].y], [data[i].x, data[i].y]));
  assert.deepEqual([(data[0].x as number[])[0], (data[0].y as number[])[0]], [-7, 2]);
  assert.ok(JSON.stringify(figure.frames).length < 20_000);

  const [slider] = figure.layout.sliders as { active: number; steps: { method: string; args: [string[], object] }[] }[];
  assert.equal(slider.active, 29);
  assert.deepEqual(
    slider.steps.map(({ method, args }) => [method, ...args[0]]),
    figure.frames!.map(({ name }) => ["animate", name]),
  );
});

test("a path keeps to the ranges of the chapter's figure, and marks the minimum", () => {
  const { data, layout } = descentPath({ id: "6-3", ...sgd(0.95, 30) });
  assert.deepEqual((layout.xaxis as { range: number[] }).range, [-10, 10]);
  assert.deepEqual((layout.yaxis as { range: number[] }).range, [-10, 10]);
  assert.deepEqual([data[1].x, data[1].y], [[0], [0]]);
});

test("beneath a path lie closed contours of f at 1, 2, … 7", () => {
  const { x, y } = descentPath({ id: "6-3", ...sgd(0.95, 30) }).data[0] as unknown as {
    x: (number | null)[];
    y: (number | null)[];
  };
  const ends = x.flatMap((value, i) => (value === null ? [i] : []));
  assert.equal(ends.length, 7);
  ends.forEach((end, i) => {
    const start = i === 0 ? 0 : ends[i - 1] + 1;
    for (let j = start; j < end; j++) assert.ok(Math.abs(x[j]! ** 2 / 20 + y[j]! ** 2 - (i + 1)) < 1e-3);
    assert.deepEqual([x[start], y[start]], [x[end - 1], y[end - 1]]);
  });
});

test("caption and alt tell what the path did", () => {
  // 29 updates by a factor −0.9 change the sign 29 times; x ends at −7 · 0.905²⁹, y at 2 · (−0.9)²⁹.
  const zigzag = descentPath({ id: "6-3", ...sgd(0.95, 30) });
  for (const text of [zigzag.caption, zigzag.alt]) {
    assert.match(text, /29 updates from \(−7, 2\)/);
    assert.match(text, /changes sides of the valley 29 times, walks 36\.8 and ends at \(−0\.39, −0\.09\)/);
  }
  assert.match(descentPath({ id: "slow", ...slow }).alt, /It never changes sides of the valley, walks/);
  const beyond = descentPath({ id: "far", name: "far", learningRate: 1, path: { x: [-7, 1.25, 0], y: [2, -1, -1] } });
  assert.match(beyond.alt, /changes sides of the valley once.* overshot the minimum as far as x = 1\.3/);
});

test("typed arrays of float32 become plain numbers", () => {
  const figure = descentPath({
    id: "6-3",
    name: "SGD",
    learningRate: 0.95,
    path: { x: Float32Array.of(-7, -6.335), y: Float32Array.of(2, -1.8) },
  });
  assertJson(figure);
  assert.deepEqual(
    [figure.data[2].x, figure.data[2].y],
    [
      [-7, -6.335],
      [2, -1.8],
    ],
  );
});

test("6-8 has a panel a path, each path on its own axes, and moves all of them at once", () => {
  const paths = [sgd(0.95, 30), slow, sgd(0.5, 30), sgd(0.3, 30)];
  const figure = comparePaths({ id: "6-8", paths });
  assertJson(figure);
  assert.equal(figure.frames!.length, 30);
  const last = figure.frames!.at(-1)!;
  assert.equal(last.traces.length, 8);
  last.traces.forEach((trace, i) =>
    assert.deepEqual([figure.data[trace].x, figure.data[trace].y], [last.data[i].x, last.data[i].y]),
  );
  const moving = last.traces.filter((_, i) => i % 2 === 0).map((trace) => figure.data[trace]);
  assert.deepEqual(
    moving.map(({ name, xaxis, yaxis }) => [name, xaxis, yaxis]),
    [
      ["SGD", "x", "y"],
      ["slow SGD", "x2", "y"],
      ["SGD", "x", "y2"],
      ["SGD", "x2", "y2"],
    ],
  );
  const looks = moving.map(({ marker }) => marker as { color: string; symbol: string });
  assert.equal(new Set(looks.map(({ color }) => color)).size, 4);
  assert.equal(new Set(looks.map(({ symbol }) => symbol)).size, 4);
  for (const axis of ["xaxis", "xaxis2", "yaxis", "yaxis2"])
    assert.deepEqual((figure.layout[axis] as { range: number[] }).range, [-10, 10]);
  assert.match(JSON.stringify(figure.layout.annotations), /slow SGD<br>η = 0\.1/);
});

test("paths that are none are refused with what is wrong", () => {
  const none = { name: "SGD", learningRate: 0.1, path: { x: [], y: [] } };
  const uneven = { name: "SGD", learningRate: 0.1, path: { x: [1, 2], y: [1] } };
  assert.throws(() => descentPath({ id: "6-3", ...none }), /SGD: .*got 0 x and 0 y/);
  assert.throws(() => descentPath({ id: "6-3", ...uneven }), /got 2 x and 1 y/);
  assert.throws(() => comparePaths({ id: "6-8", paths: [] }), /no paths/);
  assert.throws(
    () => comparePaths({ id: "6-8", paths: [sgd(0.1, 30), sgd(0.1, 31)] }),
    /SGD has 31 positions, SGD has 30/,
  );
});
