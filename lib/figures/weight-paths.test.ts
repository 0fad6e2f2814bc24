import assert from "node:assert/strict";
import test from "node:test";
import { weightPaths } from "./weight-paths";

test("every weight has its path in every panel, on common axes", () => {
  const figure = weightPaths({
    id: "6-23-adam",
    panels: [
      { title: "SGD", paths: [[0.2, 0.1, 0.05], [-0.1, -0.05, -0.025]] }, // prettier-ignore
      { title: "Adam", paths: [[0.2, 0.1, 0], [-0.1, 0, 0]] }, // prettier-ignore
      { title: "AdamW", paths: [[0.2, 0.123456], [-0.1, -0.1]] }, // prettier-ignore
    ],
  });
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.deepEqual(
    figure.data.map(({ xaxis, yaxis, y }) => [xaxis, yaxis, y]),
    [
      ["x", "y", [0.2, 0.1, 0.05]],
      ["x", "y", [-0.1, -0.05, -0.025]],
      ["x2", "y", [0.2, 0.1, 0]],
      ["x2", "y", [-0.1, 0, 0]],
      ["x", "y2", [0.2, 0.1235]],
      ["x", "y2", [-0.1, -0.1]],
    ],
  );
  const { xaxis, yaxis } = figure.layout as Record<string, { range: number[] }>;
  assert.deepEqual(xaxis.range, [0, 2]);
  assert.deepEqual(yaxis.range.map((end) => Number(end.toFixed(6))), [-0.22, 0.22]); // prettier-ignore
  assert.match(figure.alt, /over 2 updates.*SGD: from 0\.2 to 0\.05, from -0\.1 to -0\.025; Adam/);
});

test("nothing and diverged weights are refused", () => {
  assert.throws(() => weightPaths({ id: "6-23-adam", panels: [] }), /nothing to draw/);
  assert.throws(() => weightPaths({ id: "6-23-adam", panels: [{ title: "SGD", paths: [[1, NaN]] }] }), /not a finite/);
});
