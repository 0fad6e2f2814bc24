import assert from "node:assert/strict";
import test from "node:test";
import { bowlSurface, comparePaths, descentPath, gradientField, type DescentPath } from "./bowl";
import type { Figure, Layout, Trace } from "./figure";

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

/** A trace's curves, which null points separate. */
function pieces({ x, y }: Trace): { x: number; y: number }[][] {
  const all: { x: number; y: number }[][] = [[]];
  (x as (number | null)[]).forEach((value, i) => {
    if (value === null) all.push([]);
    else all.at(-1)!.push({ x: value, y: (y as number[])[i] });
  });
  return all.filter((piece) => piece.length > 0);
}

/** Asserts that each shape is an ellipse around the minimum, at whose ends f has the one height given. */
function assertContours(shapes: unknown, levels: number[]) {
  const ellipses = shapes as { type: string; x0: number; x1: number; y0: number; y1: number }[];
  assert.equal(ellipses.length, levels.length);
  ellipses.forEach(({ type, x0, x1, y0, y1 }, i) => {
    assert.deepEqual([type, x0, y0], ["circle", -x1, -y1]);
    for (const height of [x1 ** 2 / 20, y1 ** 2])
      assert.ok(Math.abs(height - levels[i]) < 1e-3 * Math.max(1, levels[i]));
  });
}

test("6-1 has the heights of f on a surface, and closed contours whose labels are their heights", () => {
  const figure = bowlSurface();
  assertJson(figure);
  assert.equal(figure.id, "6-1");
  assert.deepEqual(
    figure.data.map(({ type }) => type),
    ["surface", "scatter"],
  );
  const { x, y, z } = figure.data[0] as unknown as { x: number[]; y: number[]; z: number[][] };
  assert.deepEqual([x[0], x.at(-1), y[0], y.at(-1)], [-10, 10, -5, 5]);
  assert.deepEqual([z.length, z[0].length], [y.length, x.length]);
  assert.equal(z[0][0], 30);
  assert.equal(z[y.indexOf(2)][x.indexOf(-7)], 6.45);
  assert.equal(z[y.indexOf(0)][x.indexOf(0)], 0);

  assertContours(figure.layout.shapes, [1, 2, 4, 8, 16]);
  for (const { x, y, text } of figure.layout.annotations as { x: number; y: number; text: string }[])
    assert.ok(Math.abs(x ** 2 / 20 + y ** 2 - Number(text)) < 1e-9, `${text} is on its contour`);
  assert.equal((figure.layout.yaxis as Layout).scaleanchor, "x");
});

test("6-2's arrows lie along −∇f, none reaching the next row, the steeper the longer; none at the minimum", () => {
  const figure = gradientField();
  assertJson(figure);
  const heads = figure.data.slice(0, 2);
  const arrows = heads.flatMap(pieces);
  assert.equal(arrows.length, 11 * 21 - 1);
  for (const { x, marker } of heads) assert.equal((marker as { size: number[] }).size.length, (x as number[]).length);
  const measured = arrows.map(([from, to]) => {
    const [dx, dy, gx, gy] = [to.x - from.x, to.y - from.y, from.x / 10, 2 * from.y];
    // Opposite to (x/10, 2y), to the three digits given.
    assert.ok(Math.abs(dx * gy - dy * gx) < 1e-3 * Math.hypot(gx, gy));
    assert.ok(dx * gx + dy * gy < 0);
    return { length: Math.hypot(dx, dy), steepness: Math.hypot(gx, gy) };
  });
  measured.sort((a, b) => a.steepness - b.steepness);
  measured.forEach(({ length }, i) => assert.ok(length < 1 && (i === 0 || length > measured[i - 1].length - 2e-3)));
});

test("a path has a frame a position, of coordinates and heights so far, and opens on the last one", () => {
  const figure = descentPath({ id: "6-3", ...sgd(0.95, 30) });
  assertJson(figure);
  assert.equal(figure.id, "6-3");
  assert.equal(figure.frames!.length, 30);
  figure.frames!.forEach(({ name, data, traces }, i) => {
    assert.equal(name, String(i));
    const [path, position, heights] = data as { x: number[]; y: number[] }[];
    assert.equal(path.x.length, i + 1);
    assert.deepEqual([position.x, position.y], [[path.x[i]], [path.y[i]]]);
    assert.equal(heights.y.length, i + 1);
    assert.ok(traces.every((trace) => figure.data[trace].type === "scatter"));
  });
  const { data, traces } = figure.frames!.at(-1)!;
  traces.forEach((trace, i) => {
    for (const key of ["x", "y"] as const) if (key in data[i]) assert.deepEqual(figure.data[trace][key], data[i][key]);
  });
  assert.deepEqual([(data[0].x as number[])[0], (data[0].y as number[])[0]], [-7, 2]);
  assert.ok(JSON.stringify(figure.frames).length < 25_000);

  const [slider] = figure.layout.sliders as { active: number; steps: { method: string; args: [string[], object] }[] }[];
  assert.equal(slider.active, 29);
  assert.deepEqual(
    slider.steps.map(({ method, args }) => [method, ...args[0]]),
    figure.frames!.map(({ name }) => ["animate", name]),
  );
});

test("below a path are its heights, x²/20 + y² of each position, within a logarithmic axis", () => {
  const { data, layout } = descentPath({ id: "6-3", ...sgd(0.95, 30) });
  const [path, heights] = [data[1], data[3]] as unknown as { x: number[]; y: number[] }[];
  assert.equal(heights.y.length, 30);
  heights.y.forEach((height, i) => {
    const expected = path.x[i] ** 2 / 20 + path.y[i] ** 2;
    assert.ok(Math.abs(height - expected) <= 0.005 * expected);
  });
  const { type, range } = layout.yaxis2 as { type: string; range: number[] };
  assert.equal(type, "log");
  for (const height of heights.y) assert.ok(height >= 10 ** range[0] && height <= 10 ** range[1]);
});

test("a path is drawn to equal scale around the minimum, and further where it goes further", () => {
  const ranges = (descent: DescentPath) => {
    const { xaxis, yaxis } = descentPath({ id: "6-3", ...descent }).layout as Record<string, Record<string, unknown>>;
    assert.equal(yaxis.scaleanchor, "x");
    return [xaxis.range, yaxis.range];
  };
  assert.deepEqual(ranges(sgd(0.95, 30)), [
    [-8, 2],
    [-3, 3],
  ]);
  assert.deepEqual(ranges({ name: "far", learningRate: 1, path: { x: [-7, 4, 0], y: [2, -60, -1] } }), [
    [-8, 5],
    [-10, 3],
  ]);
});

test("beneath a path lie closed contours of f, each twice as high as the one inside it; the minimum is marked", () => {
  const { data, layout } = descentPath({ id: "6-3", ...sgd(0.95, 30) });
  assertContours(layout.shapes, [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64]);
  assert.deepEqual([data[0].x, data[0].y], [[0], [0]]);
});

test("each rule has its own colour and marker, the same in every figure", () => {
  const look = ({ marker }: Trace) => {
    const { color, symbol } = marker as { color: string; symbol: string };
    return `${color} ${symbol}`;
  };
  const names = ["SGD", "Momentum", "AdaGrad", "Adam"];
  const alone = names.map((name) => look(descentPath({ id: "x", ...slow, name }).data[1]));
  assert.equal(new Set(alone.map((text) => text.split(" ")[0])).size, 4);
  assert.equal(new Set(alone.map((text) => text.split(" ")[1])).size, 4);
  const { data } = comparePaths({ id: "6-8", paths: [...names].reverse().map((name) => ({ ...slow, name })) });
  assert.deepEqual(
    data.filter(({ name, mode }) => names.includes(name as string) && mode === "lines+markers").map(look),
    [...alone, ...alone].reverse(),
  );
});

test("caption and alt tell what the path did", () => {
  // 29 updates by a factor −0.9 change the sign 29 times; x ends at −7 · 0.905²⁹, y at 2 · (−0.9)²⁹.
  const { caption, alt, layout } = descentPath({ id: "6-3", ...sgd(0.95, 30), hyperparameters: { α: 0.9 } });
  assert.match(caption, /^SGD \(η = 0\.95, α = 0\.9\) .*29 updates from \(−7, 2\)/);
  assert.match(
    caption,
    /changes sides of the valley 29 times, covers a distance of 36\.8 and ends at \(−0\.39, −0\.09\)/,
  );
  assert.match((layout.title as { text: string }).text, /η = 0\.95, α = 0\.9/);
  // f starts at 49/20 + 4.
  assert.match(alt, /^A saw-tooth that narrows towards the minimum: .*Below it, f falls from 6\.5 to 0\.016\.$/);
  assert.match(descentPath({ id: "slow", ...slow }).caption, /it never changes sides of the valley, covers/);
  assert.match(descentPath({ id: "slow", ...slow }).alt, /^A curve into the valley and along it/);
  assert.match(descentPath({ id: "out", ...sgd(1.1, 5) }).alt, /^A saw-tooth: .* f rises from 6\.5 to /);
  const far = { id: "far", name: "far", learningRate: 1, path: { x: [-7, -5, 1.25, 0], y: [2, 1, -1, -1] } };
  assert.match(descentPath(far).alt, /^A wave that crosses the valley once.* past the minimum as far as x = 1\.3/);
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
    [figure.data[1].x, figure.data[1].y],
    [
      [-7, -6.335],
      [2, -1.8],
    ],
  );
});

test("6-8 has a panel a path, one with all heights, and moves all of them at once", () => {
  const paths = [sgd(0.95, 30), slow, sgd(0.5, 30), sgd(0.3, 30)];
  const figure = comparePaths({ id: "6-8", paths });
  assertJson(figure);
  assert.equal(figure.frames!.length, 30);
  const last = figure.frames!.at(-1)!;
  assert.equal(last.traces.length, 12);
  last.traces.forEach((trace, i) => {
    const { x, y } = last.data[i];
    assert.deepEqual(figure.data[trace].y, y);
    if (x) assert.deepEqual(figure.data[trace].x, x);
  });
  const moving = last.traces.map((trace) => figure.data[trace]).filter(({ mode }) => mode === "lines+markers");
  assert.deepEqual(
    moving.map(({ name, xaxis, yaxis }) => [name, xaxis, yaxis]),
    [
      ["SGD", "x", "y"],
      ["slow SGD", "x2", "y"],
      ["SGD", "x", "y2"],
      ["SGD", "x2", "y2"],
      ["SGD", "x3", "y3"],
      ["slow SGD", "x3", "y3"],
      ["SGD", "x3", "y3"],
      ["SGD", "x3", "y3"],
    ],
  );
  const looks = moving.slice(0, 4).map(({ marker }) => marker as { color: string; symbol: string });
  assert.equal(new Set(looks.map(({ color }) => color)).size, 4);
  assert.equal(new Set(looks.map(({ symbol }) => symbol)).size, 4);

  // Every panel has the scale of the first, which is equal in x and y.
  const axes = figure.layout as Record<string, Record<string, unknown>>;
  assert.deepEqual([axes.yaxis.scaleanchor, axes.xaxis2.matches, axes.yaxis2.matches], ["x", "x", "y"]);
  const domains = [axes.yaxis, axes.yaxis2, axes.yaxis3].map(({ domain }) => domain as number[]);
  assert.ok(domains[0][0] > domains[1][1] && domains[1][0] > domains[2][1], "no panel lies on another");
  assert.equal(axes.yaxis3.type, "log");
  const panels = new Set((figure.layout.shapes as Layout[]).map(({ xref, yref }) => `${String(xref)} ${String(yref)}`));
  assert.deepEqual([...panels], ["x y", "x2 y", "x y2", "x2 y2"], "contours in each panel");
  assert.match(JSON.stringify(figure.layout.annotations), /slow SGD<\/b><br>η = 0\.1/);
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
