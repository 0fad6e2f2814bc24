import assert from "node:assert/strict";
import test from "node:test";
import { updateSizes } from "./update-sizes";

const layer = (name: string, factor: number, updates = 3) => {
  const sizes = Array.from({ length: updates }, (_, i) => factor * (i + 1));
  return { layer: name, gradient: sizes.map((size) => 10 * size), ratio: sizes };
};

test("each layer has its gradient above and its ratio below, on axes that all networks share", () => {
  const figure = updateSizes({
    id: "6-15-updates",
    networks: [
      { name: "Xavier", layers: [layer("W1", 0.001), layer("W2", 0.002)] },
      { name: "He", layers: [layer("W1", 0.01), layer("W2", 0.02)] },
    ],
  });
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.deepEqual(
    figure.data.map(({ name, xaxis, yaxis, y }) => [name, xaxis, yaxis, (y as number[])[0]]),
    [
      ["W1", "x", "y", 0.01],
      ["W2", "x", "y", 0.02],
      ["W1", "x", "y2", 0.001],
      ["W2", "x", "y2", 0.002],
      ["W1", "x2", "y", 0.1],
      ["W2", "x2", "y", 0.2],
      ["W1", "x2", "y2", 0.01],
      ["W2", "x2", "y2", 0.02],
    ],
  );
  const { yaxis, yaxis2, annotations } = figure.layout as Record<string, { range: number[] }> & {
    annotations: { text: string; xref: string; yref: string; x: number }[];
  };
  const within = ({ range }: { range: number[] }) => range.map((end) => Number((10 ** end).toPrecision(2)));
  assert.deepEqual([within(yaxis), within(yaxis2)], [[0.0067, 0.9], [0.00067, 0.09]]); // prettier-ignore
  const labels = annotations.filter(({ text }) => /^W/.test(text));
  assert.deepEqual(
    labels.map(({ text, xref, yref, x }) => [text, xref, yref, x]),
    [
      ["W1", "x2", "y", 3],
      ["W2", "x2", "y", 3],
      ["W1", "x2", "y2", 3],
      ["W2", "x2", "y2", 3],
    ],
  );
  assert.match(figure.alt, /over 3 updates.*Xavier: W1 0\.0030, W2 0\.0060; He: W1 0\.030, W2 0\.060\./);
});

test("of a long training every so many updates are drawn, in their places", () => {
  const [{ x0, dx, y }] = updateSizes({
    id: "6-15-updates",
    networks: [{ name: "He", layers: [layer("W1", 1, 300)] }],
  }).data as unknown as { x0: number; dx: number; y: number[] }[];
  assert.deepEqual([x0, dx, y.length, y[1], y.at(-1)], [1, 3, 100, 40, 2980]);
});

test("nothing, zero and what is no number are refused", () => {
  const of = (size: number) => ({ layer: "W1", gradient: [1], ratio: [size] });
  assert.throws(() => updateSizes({ id: "6-15-updates", networks: [] }), /nothing to draw/);
  for (const size of [0, -1, NaN, Infinity])
    assert.throws(
      () => updateSizes({ id: "6-15-updates", networks: [{ name: "He", layers: [of(size)] }] }),
      /not a positive number/,
    );
});
