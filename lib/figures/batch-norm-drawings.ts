import type { XY } from "./drawing";
import { arrows, ink, label, nodes, sheet } from "./drawing";
import type { Figure, Layout } from "./figure";
import { palette } from "./figure";

/**
 * Figure 6-16: a network in which a BatchNorm layer stands between each Affine layer and its
 * activation; the BatchNorm boxes have a grey background.
 */
export function batchNormNetwork(): Figure {
  const layers = ["Affine", "BatchNorm", "ReLU", "Affine", "BatchNorm", "ReLU", "Affine", "Softmax"];
  const height = 190;
  const middle = height / 2;
  const boxTop = 20;
  const half = 0.34;
  const centre = (index: number) => index + 1.2;
  const steps = Array.from({ length: layers.length + 1 }, (_, index): XY[] => [
    [centre(index - 1) + half, middle],
    [centre(index) - half, middle],
  ]);
  return {
    id: "6-16",
    caption:
      "A network with batch normalization: a BatchNorm layer (grey background) between each hidden Affine layer and its ReLU.",
    alt:
      "A row of boxes joined by arrows, from the input x to the output y: " +
      `${layers.join(", ")}. The two BatchNorm boxes have a grey background, the other boxes none.`,
    data: [arrows(steps, { standoff: 1 })],
    layout: {
      ...sheet(layers.length + 1.4, height),
      shapes: layers.map((layer, index) => ({
        type: "rect",
        x0: centre(index) - half,
        x1: centre(index) + half,
        y0: boxTop,
        y1: height - boxTop,
        line: { color: ink, width: 1.5 },
        fillcolor: layer === "BatchNorm" ? "rgba(110, 119, 129, 0.4)" : "rgba(0, 0, 0, 0)",
      })),
      annotations: [
        ...layers.map((layer, index) => label([centre(index), middle], layer, { textangle: -90, font: { size: 15 } })),
        label([0.26, middle], "<i>x</i>", { font: { size: 16 } }),
        label([centre(layers.length) - 0.06, middle], "<i>y</i>", { font: { size: 16 } }),
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
  const input: XY = [left, 26];
  const forkX: XY = [left, 76];
  const mean: XY = [right, 76];
  const minus: XY = [left, 152];
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
    [root, "√·+ε"],
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
    toTheLeft([left, 40], "x"),
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
    toTheRight([left, 40], "dx = dc + dμ/m"),
    above(forkX, mean, "dμ/m"),
    toTheRight(between(forkX, minus), "dc"),
    toTheRight(between(mean, [right, minus[1]]), "dμ = −Σ dc"),
    toTheRight(between(minus, forkC), "dc = dx̂ · r + 2c · dq"),
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
      "Computational graph of batch normalization. Forward, from x at the top to y at the bottom: the mean μ of the batch is subtracted, c = x − μ; " +
      "in a side branch c is squared, its mean is the variance σ², then s = √(σ² + ε) and r = 1/s; the branch joins again in x̂ = c·r, " +
      "which is multiplied by γ and shifted by β. Backward, from dy at the bottom: step 1 dβ = Σ dy; 2 dγ = Σ dy·x̂ and dx̂ = γ·dy; " +
      "3 dr = Σ dx̂·c; 4 ds = −dr/s²; 5 dσ² = ds/(2s); 6 dq = dσ²/m; 7 squaring back, where both branches add up to dc = dx̂·r + 2c·dq; " +
      "8 dμ = −Σ dc; 9 through the mean, dx = dc + dμ/m.",
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
