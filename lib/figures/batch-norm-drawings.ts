import type { XY } from "./drawing";
import { arrows, ink, label, nodes, sheet } from "./drawing";
import type { Figure, Layout } from "./figure";
import { palette } from "./figure";

/**
 * Figure 6-16: a network in which a BatchNorm layer stands between each Affine layer and its
 * activation, one row a layer of the network; the BatchNorm boxes have a grey background.
 */
export function batchNormNetwork(): Figure {
  const rows = [
    ["Affine", "BatchNorm", "ReLU"],
    ["Affine", "BatchNorm", "ReLU"],
    ["Affine", "Softmax"],
  ];
  const layers = rows.flat();
  // Wide enough for the longest word on a phone.
  const columns = [2.3, 5.1, 7.9];
  const half = { x: 1.15, y: 19 };
  const rowY = (row: number) => 30 + 66 * row;
  const boxes = rows.flatMap((row, i) => row.map((_, column): XY => [columns[column], rowY(i)]));
  const [start, finish]: XY[] = [
    [0.3, rowY(0)],
    [columns[2], rowY(2)],
  ];
  /** From the right of one thing to the left of the next, which is beside it or starts a row. */
  const way = ([x0, y0]: XY, [x1, y1]: XY): XY[] => {
    const [from, to]: XY[] = [
      [x0, y0],
      [x1, y1],
    ];
    if (y0 === y1) return [from, to];
    const between = (y0 + y1) / 2;
    return [from, [9.6, y0], [9.6, between], [0.55, between], [0.55, y1], to];
  };
  const rightOf = ([x, y]: XY): XY => [x + half.x, y];
  const leftOf = ([x, y]: XY): XY => [x - half.x, y];
  const steps = [
    way([start[0] + 0.3, start[1]], leftOf(boxes[0])),
    ...boxes.slice(1).map((box, i) => way(rightOf(boxes[i]), leftOf(box))),
    way(rightOf(boxes[boxes.length - 1]), [finish[0] - 0.4, finish[1]]),
  ];
  return {
    id: "6-16",
    caption:
      "A network with batch normalization, one layer a row: a BatchNorm layer (grey background) between each hidden Affine layer and its ReLU.",
    alt:
      "Boxes joined by arrows, in three rows from the input x to the output y: " +
      `${rows.map((row) => row.join(", ")).join("; ")}. The two BatchNorm boxes have a grey background.`,
    data: [arrows(steps, { standoff: 1 })],
    layout: {
      ...sheet(10, rowY(2) + 30),
      shapes: layers.map((layer, index) => ({
        type: "rect",
        x0: boxes[index][0] - half.x,
        x1: boxes[index][0] + half.x,
        y0: boxes[index][1] - half.y,
        y1: boxes[index][1] + half.y,
        line: { color: ink, width: 1.5 },
        fillcolor: layer === "BatchNorm" ? "rgba(110, 119, 129, 0.4)" : "rgba(0, 0, 0, 0)",
      })),
      annotations: [
        ...layers.map((layer, index) => label(boxes[index], layer)),
        label(start, "<i>x</i>", { font: { size: 16 } }),
        label(finish, "<i>y</i>", { font: { size: 16 } }),
      ],
    },
  };
}

/**
 * Figure 6-17: the computational graph of batch normalization over a batch of m examples, equations
 * (6.7) and (6.8), forward (down) and backward (up). Each node is one elementary operation; the
 * circled numbers order the steps of the backward pass, and `dz` is short for ∂L/∂z.
 *
 * | step | node | forward | backward |
 * |---|---|---|---|
 * | 9 | mean | μ = (1/m) Σ x | dx = dc + dμ/m |
 * | 8 | − | c = x − μ | dμ = −Σ dc |
 * | 7 | square | q = c² | dc = dx̂·r + 2c·dq |
 * | 6 | mean | σ² = (1/m) Σ q | dq = dσ²/m |
 * | 5 | √(·+ε) | s = √(σ² + ε) | dσ² = ds/(2s) |
 * | 4 | 1/· | r = 1/s | ds = −dr/s² |
 * | 3 | × | x̂ = c·r | dr = Σ dx̂·c, and dx̂·r for c |
 * | 2 | × γ | γ·x̂ | dγ = Σ dy·x̂, dx̂ = γ·dy |
 * | 1 | + β | y = γ·x̂ + β | dβ = Σ dy |
 */
export function batchNormGraph(): Figure {
  // Two columns: on the left the path of each example, on the right the statistics of the batch.
  const left = 3.1;
  const right = 7.1;
  const input: XY = [left, 8];
  const forkX: XY = [left, 72];
  const mean: XY = [right, 72];
  const minus: XY = [left, 146];
  const forkC: XY = [left, 224];
  const square: XY = [right, 224];
  const variance: XY = [right, 302];
  const root: XY = [right, 380];
  const reciprocal: XY = [right, 458];
  const times: XY = [left, 530];
  const scale: XY = [left, 608];
  const gamma: XY = [right, 608];
  const shift: XY = [left, 686];
  const beta: XY = [right, 686];
  const output: XY = [left, 746];

  /** Every edge in the forward direction; the backward pass follows them in reverse. */
  const edges: XY[][] = [
    [input, forkX],
    [forkX, minus],
    [forkX, mean],
    [mean, [right, minus[1]], minus],
    [minus, forkC],
    [forkC, times],
    [forkC, square],
    [square, variance],
    [variance, root],
    [root, reciprocal],
    [reciprocal, [right, times[1]], times],
    [times, scale],
    [gamma, scale],
    [scale, shift],
    [beta, shift],
    [shift, output],
  ];
  const operations: [XY, string][] = [
    [shift, "+"],
    [scale, "×"],
    [times, "×"],
    [reciprocal, "1/·"],
    [root, "√(·+ε)"],
    [variance, "mean"],
    [square, "( )²"],
    [minus, "−"],
    [mean, "mean"],
  ];
  const radius = 18;
  const beside = radius - 5;
  const toTheLeft = (point: XY, text: string) => label(point, text, { xanchor: "right", xshift: -beside });
  const toTheRight = (point: XY, text: string) => label(point, text, { xanchor: "left", xshift: beside });
  const above = (from: XY, to: XY, text: string) => label(between(from, to), text, { yanchor: "bottom", yshift: 5 });
  const below = (from: XY, to: XY, text: string) => label(between(from, to), text, { yanchor: "top", yshift: -5 });

  const forward: Layout[] = [
    toTheLeft([left, 26], "x"),
    toTheLeft(between(mean, [right, minus[1]]), "μ = <sup>1</sup>⁄<sub>m</sub> Σ x"),
    toTheLeft(between(minus, forkC), "c = x − μ"),
    toTheLeft(between(square, variance), "q = c²"),
    toTheLeft(between(variance, root), "σ² = <sup>1</sup>⁄<sub>m</sub> Σ q"),
    toTheLeft(between(root, reciprocal), "s = √(σ² + ε)"),
    toTheLeft(between(reciprocal, [right, times[1]]), "r = 1/s"),
    toTheLeft(between(times, scale), "x̂ = c · r"),
    toTheLeft(between(scale, shift), "γ · x̂"),
    toTheLeft(between(shift, output), "y = γ · x̂ + β"),
  ];
  const backward: Layout[] = [
    toTheRight([left, 26], "dx = dc + dμ/m"),
    above(forkX, mean, "dμ/m"),
    toTheRight(between(forkX, minus), "dc"),
    toTheRight(between(mean, [right, minus[1]]), "dμ = −Σ dc"),
    // Nearer to its node than to the branch below, whose label is beside it on a phone.
    toTheRight([left, 178], "dc = dx̂ · r + 2c · dq"),
    above(forkC, square, "2c · dq"),
    toTheRight(between(square, variance), "dq = dσ²/m"),
    toTheRight(between(variance, root), "dσ² = ds/(2s)"),
    toTheRight(between(root, reciprocal), "ds = −dr/s²"),
    toTheRight(between(reciprocal, [right, times[1]]), "dr = Σ dx̂ · c"),
    toTheRight(between(forkC, times), "dx̂ · r"),
    toTheRight(between(times, scale), "dx̂ = γ · dy"),
    below(scale, gamma, "dγ = Σ dy · x̂"),
    toTheRight(between(scale, shift), "dy"),
    below(shift, beta, "dβ = Σ dy"),
    toTheRight(between(shift, output), "dy"),
  ];
  const numbers = operations.map(([[x, y]], index) =>
    label([x, y], "①②③④⑤⑥⑦⑧⑨"[index], {
      xanchor: x === left ? "right" : "left",
      xshift: x === left ? -radius - 2 : radius + 2,
      font: { size: 17 },
    }),
  );
  const radii = new Map<XY, number>([
    ...operations.map(([point]): [XY, number] => [point, radius]),
    ...[gamma, beta].map((point): [XY, number] => [point, 15]),
    ...[forkX, forkC].map((point): [XY, number] => [point, 7]),
  ]);
  const way = (paths: XY[][], style: { name: string; color: string; dash: string }) =>
    arrows(paths.map(keepRight), { ...style, standoff: paths.map((path) => radii.get(path[path.length - 1]) ?? 0) });
  return {
    id: "6-17",
    caption:
      "Batch normalization as a computational graph over a batch of m examples: forward from the top down, backward from the bottom up. " +
      "dz is short for ∂L/∂z, Σ is the sum over the batch, and the circled numbers give the order of the backward steps.",
    alt:
      "A graph of nine numbered nodes. Forward, from x down to y: subtract the mean; in a side branch square, mean, root and reciprocal; multiply both, then by γ, and add β. " +
      "Backward, from dy up to dx: each node's derivative stands beside its edges.",
    data: [
      way(edges, { name: "forward", color: palette[0], dash: "solid" }),
      way(
        edges.map((path) => [...path].reverse()),
        { name: "backward", color: palette[1], dash: "dot" },
      ),
      nodes([forkX, forkC], { size: 14 }),
      nodes(
        operations.map(([point]) => point),
        { size: 2 * radius, texts: operations.map(([, text]) => text) },
      ),
      nodes([gamma, beta], { size: 30, symbol: "square", texts: ["γ", "β"] }),
    ],
    layout: {
      ...sheet(10, 760),
      height: 800,
      margin: { l: 4, r: 4, t: 0, b: 40 },
      showlegend: true,
      legend: { orientation: "h", x: 0.5, xanchor: "center", y: 0, yanchor: "top" },
      annotations: [...forward, ...backward, ...numbers],
    },
  };
}

function between([x0, y0]: XY, [x1, y1]: XY): XY {
  return [(x0 + x1) / 2, (y0 + y1) / 2];
}

/** Shifts a path of horizontal and vertical legs to the right, like traffic, so that opposite ways never overlap. */
function keepRight(path: XY[]): XY[] {
  const legs = path.slice(1).map(([x, y], index): XY => [Math.sign(x - path[index][0]), Math.sign(y - path[index][1])]);
  return path.map(([x, y], index): XY => {
    const touching = [legs[index - 1], legs[index]].filter((leg) => leg !== undefined);
    return [
      x - 0.1 * touching.reduce((sum, [, dy]) => sum + dy, 0),
      y + 5 * touching.reduce((sum, [dx]) => sum + dx, 0),
    ];
  });
}
