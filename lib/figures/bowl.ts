/**
 * Figures of the function `f(x, y) = x²/20 + y²` (6.2), a bowl twenty times as steep along y as
 * along x, and of the optimizers' paths down into it.
 */
import { ink } from "./drawing";
import type { Figure, Frame, Layout, Trace } from "./figure";
import { markers, palette, template } from "./figure";
import { axisName, panelGrid } from "./panels";

/** An optimizer's way down the bowl. */
export interface DescentPath {
  /** The optimizer's name. */
  name: string;
  learningRate: number;
  /** The positions before the first update, after it, after the second, … */
  path: { x: ArrayLike<number>; y: ArrayLike<number> };
}

const NAME = "f(x, y) = x²/20 + y²";

function f(x: number, y: number): number {
  return (x * x) / 20 + y * y;
}

/** The numbers from `low` to `high`, both included, `step` apart. */
function grid(low: number, high: number, step: number): number[] {
  return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
}

/** f on [−10, 10]², on a finer grid along y, where it bends more; `z[row][column]` belongs to `y[row]`, `x[column]`. */
function heights(): { x: number[]; y: number[]; z: number[][] } {
  const x = grid(-10, 10, 1);
  const y = grid(-10, 10, 0.25);
  return { x, y, z: y.map((yi) => x.map((xi) => f(xi, yi))) };
}

/** Figure 6-1: the surface of f, and its contours beside it. */
export function bowlSurface(): Figure {
  const surface = heights();
  const hovertemplate = "x = %{x}<br>y = %{y}<br>f = %{z:.2f}<extra></extra>";
  // Both ends stand out against white and near-black.
  const colors = {
    colorscale: [
      [0, palette[0]],
      [1, palette[4]],
    ],
    showscale: false,
  };
  const sceneAxis = { tickvals: [-10, 0, 10], tickfont: { size: 11 } };
  const title = { showarrow: false, xref: "paper", yref: "paper", y: 1, yanchor: "bottom", yshift: 4 };
  return {
    id: "6-1",
    caption: `The function ${NAME}: its surface (left) and its contours (right), one for every 10 in height.`,
    alt:
      "Left, a surface like a trough: its height rises steeply to 100 along y, and only to 5 along x. " +
      "Right, its contours: flat ellipses around the minimum at (0, 0), so long in the x direction that most leave the picture. They lie close together along y.",
    data: [
      { type: "surface", ...surface, ...colors, lighting: { ambient: 0.9, diffuse: 0.5, specular: 0 }, hovertemplate },
      {
        type: "contour",
        ...surface,
        ...colors,
        contours: { start: 10, end: 100, size: 10 },
        line: { color: "white", width: 1 },
        hovertemplate,
      },
      minimum({ color: "white" }),
    ],
    layout: {
      template,
      height: 360,
      margin: { l: 0, r: 64, t: 32, b: 56 },
      scene: {
        domain: { x: [0, 0.6], y: [0, 1] },
        xaxis: { ...sceneAxis, title: { text: "x", font: { size: 12 } } },
        yaxis: { ...sceneAxis, title: { text: "y", font: { size: 12 } } },
        zaxis: { ...sceneAxis, title: { text: "" }, tickvals: [50, 100] },
        aspectmode: "cube",
        // Far enough away for a narrow page, which would cut off the sides.
        camera: { eye: { x: 2.8, y: -0.95, z: 1.5 }, center: { x: -0.03, y: -0.08, z: -0.05 } },
      },
      xaxis: { title: { text: "x" }, domain: [0.62, 1], range: [-10, 10], dtick: 10 },
      yaxis: { title: { text: "y", standoff: 2 }, range: [-10, 10], side: "right" },
      annotations: [
        { ...title, text: "f(x, y)", x: 0.26 },
        { ...title, text: "contours of f", x: 0.81 },
      ],
    },
  };
}

/** Figure 6-2: arrows along −∇f = −(x/10, 2y), the directions in which SGD moves. */
export function gradientField(): Figure {
  /** The length of an arrow for a gradient of 1, short enough that none reaches the next row. */
  const scale = 0.09;
  const arrows = grid(-5, 5, 1).flatMap((y) =>
    grid(-10, 10, 1).map((x) => ({
      x,
      y,
      toX: x - scale * (x / 10),
      toY: y - scale * 2 * y,
      steepness: Math.hypot(x / 10, 2 * y),
    })),
  );
  return {
    id: "6-2",
    caption: `The negative gradient of ${NAME}, the longer the steeper. Almost everywhere it points along y rather than to the minimum at (0, 0), marked +.`,
    alt:
      "A field of arrows over x from −10 to 10 and y from −5 to 5. They point straight at the line y = 0, long at the top and the bottom, ever shorter towards the middle. " +
      "Next to that line only dots are left, which barely lean towards the minimum at (0, 0).",
    data: [
      {
        type: "scatter",
        mode: "lines+markers",
        // Each arrow is a line to its head; the null lifts the pen.
        x: arrows.flatMap(({ x, toX }) => [x, toX, null]),
        y: arrows.flatMap(({ y, toY }) => [y, toY, null]),
        line: { color: palette[0], width: 1.5 },
        marker: {
          symbol: "arrow",
          angleref: "previous",
          opacity: 1,
          color: palette[0],
          line: { width: 0 },
          size: arrows.flatMap(({ steepness }) => [0, round(Math.min(4 + steepness, 9), 1), 0]),
        },
        hoverinfo: "skip",
      },
      minimum({ color: palette[1] }),
    ],
    layout: {
      template,
      height: 420,
      margin: { t: 24 },
      showlegend: false,
      xaxis: { title: { text: "x" }, range: [-10.8, 10.8], zeroline: false },
      yaxis: { title: { text: "y" }, range: [-5.6, 5.6], zeroline: false },
    },
  };
}

/**
 * One optimizer's path over the contours of f, as in figures 6-3, 6-5, 6-6 and 6-7. It opens with the
 * whole path; a button and a slider step through it.
 *
 * @throws RangeError if the path is empty, or x and y differ in length.
 */
export function descentPath({ id, ...descent }: DescentPath & { id: string }): Figure {
  const positions = positionsOf(descent);
  return {
    id,
    caption: `${descent.name} (${settingsOf(descent)}) on ${NAME}, ${startOf(positions)}: it ${storyOf(positions)}. The minimum is marked +.`,
    alt: `A path over the elliptic contours of f, ${startOf(positions)}. It ${storyOf(positions)}${overshootOf(positions)}.`,
    data: [...background(), ...pathTraces(descent.name, positions, 0)],
    frames: frames([positions]),
    layout: {
      template,
      height: 500,
      showlegend: false,
      title: { text: `${descent.name}, ${settingsOf(descent)}`, x: 0.5, font: { size: 16 } },
      xaxis: { title: { text: "x", standoff: 6 }, range: [-10, 10], zeroline: false },
      yaxis: { title: { text: "y" }, range: [-10, 10], zeroline: false },
      ...playerOf(positions.x.length),
    },
  };
}

/**
 * Figure 6-8: several optimizers' paths, each in its own panel, two panels per row. They move together.
 *
 * @throws RangeError if there is no path, or not all have equally many positions.
 */
export function comparePaths({ id, paths }: { id: string; paths: DescentPath[] }): Figure {
  if (paths.length === 0) throw new RangeError("comparePaths: no paths; give at least one");
  const all = paths.map(positionsOf);
  const [{ x: first }] = all;
  all.forEach(({ x }, i) => {
    if (x.length !== first.length) {
      throw new RangeError(
        `comparePaths: ${paths[i].name} has ${x.length} positions, ${paths[0].name} has ${first.length}; give all equally many`,
      );
    }
  });
  return {
    id,
    caption:
      `${paths.map(({ name }) => name).join(", ")} on ${NAME}, ${startOf(all[0])}; the minimum is marked +. ` +
      paths.map(({ name }, i) => `${name} ${storyOf(all[i])}.`).join(" "),
    alt:
      `${paths.length} panels with the same elliptic contours of f and one path in each, ${startOf(all[0])}. ` +
      paths.map(({ name }, i) => `${name} ${storyOf(all[i])}${overshootOf(all[i])}.`).join(" "),
    data: paths.flatMap(({ name }, i) => {
      const axes = { xaxis: axisName("x", i % 2), yaxis: axisName("y", Math.floor(i / 2)) };
      return [...background(), ...pathTraces(name, all[i], i)].map((trace) => ({ ...trace, ...axes }));
    }),
    frames: frames(all),
    layout: {
      template,
      height: 180 + 220 * Math.ceil(paths.length / 2),
      showlegend: false,
      ...panelGrid({
        rows: Math.ceil(paths.length / 2),
        columns: Math.min(paths.length, 2),
        titles: paths.map((descent) => `${descent.name}<br>${settingsOf(descent)}`),
        // No tick at the edges, where on a narrow page the labels of two panels would meet.
        x: { title: "x", range: [-10, 10], tick0: 0, dtick: 4, zeroline: false },
        y: { title: "y", range: [-10, 10], zeroline: false },
        gap: { x: 0.08, y: 0.22 },
      }),
      ...playerOf(first.length),
    },
  };
}

interface Positions {
  x: number[];
  y: number[];
}

/** The positions of a path as plain numbers, with no more digits than can be seen. */
function positionsOf({ name, path: { x, y } }: DescentPath): Positions {
  if (x.length === 0 || x.length !== y.length) {
    throw new RangeError(
      `descent path of ${name}: expected as many x as y and at least one, got ${x.length} x and ${y.length} y`,
    );
  }
  return { x: Array.from(x, (value) => round(value, 4)), y: Array.from(y, (value) => round(value, 4)) };
}

/**
 * What lies beneath a path: the contours 1 … 7 of f, and its minimum. The contours are drawn as
 * ellipses, because Plotly hides a contour trace while it animates another trace.
 */
function background(): Trace[] {
  const angles = grid(0, 72, 1).map((i) => (i * Math.PI) / 36);
  const levels = grid(1, 7, 1);
  return [
    {
      type: "scatter",
      mode: "lines",
      x: levels.flatMap((level) => [...angles.map((angle) => round(Math.sqrt(20 * level) * Math.cos(angle), 4)), null]),
      y: levels.flatMap((level) => [...angles.map((angle) => round(Math.sqrt(level) * Math.sin(angle), 4)), null]),
      line: { color: ink, width: 1, shape: "spline" },
      opacity: 0.6,
      hoverinfo: "skip",
    },
    minimum({ color: ink }),
  ];
}

function minimum({ color }: { color: string }): Trace {
  return {
    type: "scatter",
    mode: "markers",
    x: [0],
    y: [0],
    marker: { symbol: "cross-thin", size: 14, opacity: 1, line: { color, width: 2.5 } },
    hovertemplate: "minimum (0, 0)<extra></extra>",
    showlegend: false,
  };
}

/** What a frame changes: the path so far, and its current position. */
function walked({ x, y }: Positions, last: number): Pick<Trace, "x" | "y">[] {
  return [
    { x: x.slice(0, last + 1), y: y.slice(0, last + 1) },
    { x: [x[last]], y: [y[last]] },
  ];
}

/** @param style index of the path's colour and marker */
function pathTraces(name: string, positions: Positions, style: number): Trace[] {
  const color = palette[style % palette.length];
  const symbol = markers[style % markers.length];
  const [path, position] = walked(positions, positions.x.length - 1);
  return [
    {
      type: "scatter",
      mode: "lines+markers",
      name,
      ...path,
      line: { color, width: 1.5 },
      marker: { color, symbol, size: 6 },
      hovertemplate: "update %{pointNumber}<br>(%{x:.2f}, %{y:.2f})<extra></extra>",
    },
    {
      type: "scatter",
      mode: "markers",
      name: `${name}, position`,
      ...position,
      marker: { color, symbol, size: 10, opacity: 1, line: { color: ink, width: 1.5 } },
      hoverinfo: "skip",
    },
  ];
}

/** One frame per position, for all paths at once; each path has four traces, of which the last two move. */
function frames(all: Positions[]): Frame[] {
  const traces = all.flatMap((_, i) => [4 * i + 2, 4 * i + 3]);
  return all[0].x.map((_, last) => ({
    name: String(last),
    data: all.flatMap((positions) => walked(positions, last)),
    traces,
  }));
}

/** Buttons to play and pause, and a slider that starts at the last of `count` frames. */
function playerOf(count: number): Layout {
  const go = (duration: number) => ({
    mode: "immediate",
    frame: { duration, redraw: false },
    transition: { duration: 0 },
  });
  return {
    updatemenus: [
      {
        type: "buttons",
        direction: "left",
        showactive: false,
        x: 0,
        xanchor: "left",
        y: 0,
        yanchor: "top",
        pad: { t: 68 },
        buttons: [
          { label: "Play", method: "animate", args: [null, { ...go(200), fromcurrent: true }] },
          { label: "Pause", method: "animate", args: [[null], go(0)] },
        ],
      },
    ],
    sliders: [
      {
        active: count - 1,
        x: 0,
        y: 0,
        yanchor: "top",
        pad: { l: 130, t: 48 },
        currentvalue: { prefix: "update " },
        steps: Array.from({ length: count }, (_, i) => ({
          label: String(i),
          method: "animate",
          args: [[String(i)], go(0)],
        })),
      },
    ],
  };
}

function settingsOf({ learningRate }: DescentPath): string {
  return `η = ${learningRate}`;
}

function startOf(positions: Positions): string {
  return `${positions.x.length - 1} updates from ${point(positions, 0)}`;
}

/** The path in numbers. They do not agree on which path is best. */
function storyOf(positions: Positions): string {
  const crossings = crossingsOf(positions);
  const often = ["", " once", " twice"][crossings] ?? ` ${crossings} times`;
  return `${crossings === 0 ? "never " : ""}changes sides of the valley${often}, walks ${signed(lengthOf(positions), 1)} and ends at ${point(positions, -1)}`;
}

function overshootOf({ x }: Positions): string {
  const beyond = Math.max(...x);
  return beyond < 0.5 ? "" : `, having overshot the minimum as far as x = ${signed(beyond, 1)}`;
}

/** How often y changes sign. */
function crossingsOf({ y }: Positions): number {
  return y.filter((value, i) => i > 0 && value * y[i - 1] < 0).length;
}

function lengthOf({ x, y }: Positions): number {
  return x.reduce((sum, value, i) => (i === 0 ? 0 : sum + Math.hypot(value - x[i - 1], y[i] - y[i - 1])), 0);
}

function point({ x, y }: Positions, index: number): string {
  return `(${signed(x.at(index)!, 2)}, ${signed(y.at(index)!, 2)})`;
}

/** A number for the reader, with a true minus sign. */
function signed(value: number, digits: number): string {
  return String(round(value, digits)).replace("-", "−");
}

/** Rounded to `digits` decimals; never −0, which JSON would turn into 0. */
function round(value: number, digits: number): number {
  return Number(value.toFixed(digits)) + 0;
}
