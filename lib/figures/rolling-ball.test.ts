import assert from "node:assert/strict";
import test from "node:test";
import { rollingBall } from "./rolling-ball";

const figure = rollingBall();
const arrows = (
  figure.layout.annotations as { showarrow: boolean; x: number; y: number; ax: number; ay: number }[]
).filter(({ showarrow }) => showarrow);

test("6-4 is plain JSON with a slope, a ball and the two places where it was", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.equal(figure.id, "6-4");
  assert.deepEqual(
    (figure.layout.shapes as { type: string }[]).map(({ type }) => type),
    ["circle", "circle", "circle"],
  );
});

test("6-4's velocity is the sum of what is kept and the push", () => {
  const [velocity, kept, push] = arrows.map(({ x, y, ax, ay }) => [x - ax, y - ay]);
  assert.equal(arrows.length, 3);
  for (const i of [0, 1]) assert.ok(Math.abs(velocity[i] - kept[i] - push[i]) < 1e-9);
  assert.deepEqual([arrows[2].ax, arrows[2].ay], [arrows[1].x, arrows[1].y]);
});

test("6-4's ball gets faster, and starts its arrow from its centre", () => {
  const balls = figure.layout.shapes as { xanchor: number; yanchor: number }[];
  const [first, second, now] = balls.map(({ xanchor }) => xanchor);
  assert.ok(now - second > second - first && second > first);
  assert.deepEqual([arrows[0].ax, arrows[0].ay], [balls[2].xanchor, balls[2].yanchor]);
});

test("6-4 keeps all that is drawn inside the sheet", () => {
  const [low, high] = (figure.layout.yaxis as { range: number[] }).range;
  const heights = [
    ...(figure.data[0].y as number[]),
    ...arrows.flatMap(({ y, ay }) => [y, ay]),
    ...(figure.layout.shapes as { yanchor: number; y1: number }[]).map(({ yanchor, y1 }) => yanchor + y1),
  ];
  assert.ok(heights.every((height) => height > low && height < high));
});
