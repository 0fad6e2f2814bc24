import assert from "node:assert/strict";
import test from "node:test";
import { batchNormGraph, batchNormNetwork } from "./batch-norm-drawings";
import type { Figure } from "./figure";

const texts = (figure: Figure) => (figure.layout.annotations as { text: string }[]).map(({ text }) => text);

test("figure 6-16: the BatchNorm boxes alone are filled, each between its Affine layer and the activation", () => {
  const figure = batchNormNetwork();
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.equal(figure.id, "6-16");
  const layers = texts(figure).slice(0, 8);
  assert.deepEqual(layers, ["Affine", "BatchNorm", "ReLU", "Affine", "BatchNorm", "ReLU", "Affine", "Softmax"]);
  const fills = (figure.layout.shapes as { fillcolor: string }[]).map(
    ({ fillcolor }) => fillcolor !== "rgba(0, 0, 0, 0)",
  );
  assert.deepEqual(
    fills,
    layers.map((layer) => layer === "BatchNorm"),
  );
});

test("figure 6-16: the words lie level, and one way leads through all boxes from x to y", () => {
  const { data, layout } = batchNormNetwork();
  const labels = layout.annotations as { text: string; x: number; y: number; textangle?: number }[];
  assert.ok(labels.every(({ textangle = 0 }) => textangle === 0));
  const boxes = layout.shapes as { x0: number; x1: number; y0: number; y1: number }[];
  boxes.forEach((box, i) => {
    assert.ok(labels[i].x > box.x0 && labels[i].x < box.x1 && labels[i].y > box.y0 && labels[i].y < box.y1);
    for (const other of boxes.slice(i + 1))
      assert.ok(other.x0 > box.x1 || other.x1 < box.x0 || other.y0 > box.y1, "no box lies on another");
  });
  const [x, y] = [data[0].x, data[0].y] as (number | null)[][];
  const gaps = x.flatMap((value, i) => (value === null ? [i] : []));
  assert.equal(gaps.length, boxes.length + 1);
  gaps.forEach((gap, i) => {
    const start = i === 0 ? 0 : gaps[i - 1] + 1;
    const [from, to] = [boxes[i - 1], boxes[i]];
    // From the middle of a box's right side to the middle of the next one's left.
    if (from) assert.deepEqual([x[start], y[start]], [from.x1, (from.y0 + from.y1) / 2]);
    if (to) assert.deepEqual([x[gap - 1], y[gap - 1]], [to.x0, (to.y0 + to.y1) / 2]);
  });
});

test("figure 6-17: labels beside and above the branches lie apart on a phone, where they are over each other", () => {
  const labels = batchNormGraph().layout.annotations as { text: string; y: number; yshift?: number }[];
  const centre = (text: string, up: number) => {
    const { y, yshift = 0 } = labels.find((label) => label.text === text)!;
    return y - yshift - up;
  };
  // A text of 13 pixels is 18 high; those above an edge stand on it.
  assert.ok(centre("dμ/m", 9) - centre("dx = dc + dμ/m", 0) > 20);
  assert.ok(centre("2c · dq", 9) - centre("dc = dx̂ · r + 2c · dq", 0) > 20);
});

test("figure 6-17: every edge has an arrow each way", () => {
  const figure = batchNormGraph();
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.equal(figure.id, "6-17");
  const ways = figure.data.filter(({ name }) => name === "forward" || name === "backward");
  assert.deepEqual(
    ways.map(({ name }) => name),
    ["forward", "backward"],
  );
  const heads = ways.map(({ marker }) => (marker as { size: number[] }).size.filter((size) => size > 0).length);
  assert.deepEqual(heads, [16, 16]);
  const dashes = ways.map(({ line }) => (line as { dash: string }).dash);
  assert.notEqual(dashes[0], dashes[1]);
  for (const { x, y, marker } of ways) {
    const { size, standoff } = marker as { size: number[]; standoff: number[] };
    for (const values of [y, size, standoff]) assert.equal((values as number[]).length, (x as number[]).length);
  }
});

test("figure 6-17: the labelled backward steps give the gradient that differences of the loss give", () => {
  const eps = 1e-6;
  const x = [0.3, -1.2, 2.5, 0.8, -0.4];
  const dy = [0.7, -0.2, 0.5, -1.1, 0.4];
  const m = x.length;
  const [gamma, beta] = [1.7, -0.3];
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  const forward = (input: number[], g: number, b: number) => {
    const mu = total(input) / m;
    const c = input.map((value) => value - mu);
    const s = Math.sqrt(total(c.map((value) => value ** 2)) / m + eps);
    const xhat = c.map((value) => value / s);
    return { c, s, r: 1 / s, xhat, y: xhat.map((value) => g * value + b) };
  };
  const loss = (input: number[], g: number, b: number) =>
    total(forward(input, g, b).y.map((value, i) => value * dy[i]));

  // Each step as the drawing labels it; the loss is Σ y·dy, so ∂L/∂y = dy.
  const { c, s, r, xhat } = forward(x, gamma, beta);
  const labels = new Set(texts(batchNormGraph()));
  const step = <T>(label: string, value: T): T => {
    assert.ok(labels.has(label), `no label "${label}"`);
    return value;
  };
  const dbeta = step("dβ = Σ dy", total(dy));
  const dgamma = step("dγ = Σ dy · x̂", total(dy.map((d, i) => d * xhat[i])));
  const dxhat = step(
    "dx̂ = γ · dy",
    dy.map((d) => gamma * d),
  );
  const dr = step("dr = Σ dx̂ · c", total(dxhat.map((d, i) => d * c[i])));
  const ds = step("ds = −dr/s²", -dr / s ** 2);
  const dvariance = step("dσ² = ds/(2s)", ds / (2 * s));
  const dq = step("dq = dσ²/m", dvariance / m);
  const dc = step(
    "dc = dx̂ · r + 2c · dq",
    dxhat.map((d, i) => d * r + 2 * c[i] * dq),
  );
  const dmu = step("dμ = −Σ dc", -total(dc));
  const dx = step(
    "dx = dc + dμ/m",
    dc.map((d) => d + dmu / m),
  );

  const h = 1e-5;
  const slope = (f: (t: number) => number) => (f(h) - f(-h)) / (2 * h);
  const close = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) < 1e-8, `${actual} is not ${expected}`);
  close(
    dbeta,
    slope((t) => loss(x, gamma, beta + t)),
  );
  close(
    dgamma,
    slope((t) => loss(x, gamma + t, beta)),
  );
  x.forEach((_, i) =>
    close(
      dx[i],
      slope((t) =>
        loss(
          x.map((value, j) => (j === i ? value + t : value)),
          gamma,
          beta,
        ),
      ),
    ),
  );
});
