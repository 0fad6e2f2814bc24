/**
 * Figures of the function `f(x, y) = x²/20 + y²` (6.2), a bowl twenty times as steep along y as
 * along x, and of the optimizers' paths down into it.
 */
import { ink } from "./drawing";
import { endLabels } from "./end-labels";
import type { Figure, Frame, Layout, Trace } from "./figure";
import { markers, palette, template } from "./figure";
import { axisName, buttonStyle, sliderStyle } from "./panels";

/** An optimizer's way down the bowl. */
export interface DescentPath {
  /** The optimizer's name. */
  name: string;
  learningRate: number;
  /** Further hyperparameters to name, by their symbols, like Momentum's `{ α: 0.9 }`. */
  hyperparameters?: Record<string, number>;
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

/** The heights of the contours in all figures: each is twice the one before. */
const LEVELS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];

/** The optimizers of the chapter, in the order of the palette: a rule looks the same in every figure. */
const RULES = ["SGD", "Momentum", "AdaGrad", "Adam"];

/** Figure 6-1: the surface of f, and its contours below. */
export function bowlSurface(): Figure {
  const x = grid(-10, 10, 1);
  const y = grid(-5, 5, 0.5);
  const z = y.map((yi) => x.map((xi) => f(xi, yi)));
  const levels = LEVELS.filter((level) => level >= 1 && level <= 16);
  // Heights stand on the long axis where there is room, beyond that on the upper side, not above each other.
  const names = levels.map((level) => {
    const x = level <= 4 ? Math.sqrt(20 * level) : level === 8 ? 0 : 6;
    const place = { x, y: level <= 4 ? 0 : Math.sqrt(level - (x * x) / 20) };
    return { ...place, text: String(level), showarrow: false, bgcolor: "#ffffff", borderpad: 1, font: { size: 12 } };
  });
  return {
    id: "6-1",
    caption:
      `The function ${NAME}: its surface, and below it its contours. Each contour is labelled with its height, twice that of the one inside it. ` +
      "The minimum is marked +.",
    alt:
      "Above, a surface like a trough: it rises steeply to 25 across and only to 5 along its length. " +
      "Below, its contours: flat ellipses around the minimum at (0, 0), more than four times as long as they are high.",
    data: [
      {
        type: "surface",
        x,
        y,
        z,
        // Both ends stand out against white and near-black.
        colorscale: [
          [0, palette[0]],
          [1, palette[4]],
        ],
        showscale: false,
        contours: { z: { show: true, start: 0, end: 30, size: 5, color: "white", width: 1 } },
        lighting: { ambient: 0.9, diffuse: 0.5, specular: 0 },
        hovertemplate: "x = %{x}<br>y = %{y}<br>f = %{z:.2f}<extra></extra>",
      },
      minimum({ color: palette[1] }),
    ],
    layout: {
      shapes: contours(levels, { color: palette[0], width: 1.5 }),
      template,
      height: 700,
      margin: { l: 0, r: 12, t: 0, b: 52 },
      showlegend: false,
      scene: seenFrom({ x: 0.8, y: -1.65, z: 1.6 }),
      xaxis: { title: { text: "x" }, range: [-10, 10], zeroline: false, domain: [0.13, 1] },
      yaxis: { title: { text: "y" }, range: [-5, 5], zeroline: false, scaleanchor: "x", domain: [0, 0.36] },
      annotations: names,
      // A scene is as large as its height allows, so that a narrow page would cut off its sides: there it is seen from
      // farther away, and is higher.
      meta: { narrow: { scene: seenFrom({ x: 1.5, y: -3.1, z: 2.7 }, 1.6) } },
    },
  };
}

/** The surface, seen from there. Its height is that much of its width across. */
function seenFrom(eye: { x: number; y: number; z: number }, height = 0.8): Layout {
  const sceneAxis = { tickfont: { size: 12 } };
  return {
    domain: { x: [0, 1], y: [0.42, 1] },
    xaxis: { ...sceneAxis, title: { text: "x" }, tickvals: [-10, -5, 0, 5, 10] },
    yaxis: { ...sceneAxis, title: { text: "y" }, tickvals: [-5, 0, 5] },
    zaxis: { ...sceneAxis, title: { text: "f" }, tickvals: [0, 10, 20, 30] },
    aspectmode: "manual",
    aspectratio: { x: 2, y: 1, z: height },
    camera: { eye, center: { x: 0.05, y: 0, z: -0.2 } },
  };
}

/** Figure 6-2: arrows along −∇f = −(x/10, 2y), the directions in which SGD moves. */
export function gradientField(): Figure {
  // No arrow reaches the next row. Lengths in proportion to the gradient would leave only dots in the middle rows.
  const lengthOf = (steepness: number) => 0.27 * Math.sqrt(steepness);
  const arrows = grid(-5, 5, 1).flatMap((y) =>
    grid(-10, 10, 1).flatMap((x) => {
      const steepness = Math.hypot(x / 10, 2 * y);
      if (steepness === 0) return []; // at the minimum
      const scale = lengthOf(steepness) / steepness;
      return [{ x, y, toX: x - scale * (x / 10), toY: y - scale * 2 * y }];
    }),
  );
  // Those on the valley floor are no longer than their heads: a line would blunt the tip.
  const [onFloor, onSlopes] = [true, false].map((flat) => arrows.filter(({ y }) => (y === 0) === flat));
  return {
    id: "6-2",
    caption:
      `The negative gradient of ${NAME}. Longer arrows mean steeper slopes: the length grows with the square root of the gradient's. ` +
      "Almost everywhere the arrows point along y rather than to the minimum at (0, 0), marked +.",
    alt:
      "A field of arrows. Those above and below the line y = 0 point straight at it, long at the top and the bottom, shorter towards the middle. " +
      "Only on the line itself do short arrows point along it, to the minimum at (0, 0).",
    data: [
      { mode: "lines+markers", line: { color: palette[0], width: 2 }, ...headsOf(onSlopes) },
      { mode: "markers", ...headsOf(onFloor) },
      minimum({ color: palette[1] }),
    ],
    layout: {
      template,
      height: 420,
      margin: { t: 16, r: 16 },
      showlegend: false,
      xaxis: { title: { text: "x" }, range: [-10.8, 10.8], zeroline: false },
      yaxis: { title: { text: "y" }, range: [-5.6, 5.6], zeroline: false },
    },
  };
}

/** From point to point, with a head at the second; the null lifts the pen. */
function headsOf(arrows: { x: number; y: number; toX: number; toY: number }[]): Trace {
  return {
    type: "scatter",
    x: arrows.flatMap(({ x, toX }) => [x, round(toX, 3), null]),
    y: arrows.flatMap(({ y, toY }) => [y, round(toY, 3), null]),
    marker: {
      symbol: "arrow",
      angleref: "previous",
      opacity: 1,
      color: palette[0],
      line: { width: 0 },
      size: arrows.flatMap(() => [0, 8, 0]),
    },
    hoverinfo: "skip",
  };
}

/** Heights of the panels in pixels. */
const PATH_HEIGHT = 280;
const FALL_HEIGHT = 120;
/** Between the panels with paths and the one with heights: ticks, a title, and the next panel's title. */
const BETWEEN = 78;

/**
 * One optimizer's path over the contours of f, as in figures 6-3, 6-5, 6-6 and 6-7, and below it the height f after
 * every update. It opens with the whole path; a button and a slider step through it.
 *
 * @throws RangeError if the path is empty, or x and y differ in length.
 */
export function descentPath({ id, ...descent }: DescentPath & { id: string }): Figure {
  const positions = positionsOf(descent);
  const { name } = descent;
  const style = Math.max(0, RULES.indexOf(name));
  const heights = heightsOf(positions);
  const plotHeight = PATH_HEIGHT + BETWEEN + FALL_HEIGHT;
  const ranges = rangesOf([positions]);
  return {
    id,
    caption:
      `${name} (${settingsOf(descent)}) on ${NAME}, ${startOf(positions)}: it ${storyOf(positions)}. The minimum is marked +. ` +
      "Below, the height f after every update, on a logarithmic axis.",
    alt: `${capital(shapeOf(positions))}: a path over elliptic contours, ${startOf(positions)} to ${point(positions, -1)}${overshootOf(positions)}. ${fallOf(heights)}`,
    data: [minimum({ color: ink }), ...pathTraces(name, positions, style), fallTrace(name, heights, style)],
    frames: frames([positions]),
    layout: {
      template,
      height: plotHeight + 44 + 56,
      margin: { l: 60, r: 16, t: 44, b: 56 },
      showlegend: false,
      title: { text: `${name}, ${settingsOf(descent)}`, x: 0.5, font: { size: 16 } },
      shapes: contoursBelow({ xaxis: "x", yaxis: "y" }),
      xaxis: { title: { text: "x", standoff: 4 }, range: ranges.x, zeroline: false },
      yaxis: {
        title: { text: "y" },
        range: ranges.y,
        zeroline: false,
        scaleanchor: "x",
        domain: [1 - PATH_HEIGHT / plotHeight, 1],
      },
      xaxis2: updateAxis(positions.x.length, "y2"),
      yaxis2: fallAxis([heights], [0, FALL_HEIGHT / plotHeight]),
      ...playerOf(positions.x.length),
    },
  };
}

/**
 * Figure 6-8: several optimizers' paths, each in its own panel, two panels per row, and in a last row the height f
 * after every update for all of them. They move together.
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
  const names = paths.map(({ name }) => name);
  const known = names.every((name) => RULES.includes(name)) && new Set(names).size === names.length;
  const styles = names.map((name, i) => (known ? RULES.indexOf(name) : i));
  const heights = all.map(heightsOf);
  const columns = Math.min(paths.length, 2);
  const rows = Math.ceil(paths.length / 2);
  const { axes, plotHeight } = pathAxes(rows, columns, rangesOf(all));
  const fall = { xaxis: axisName("x", columns), yaxis: axisName("y", rows) };
  const fallLayout = fallAxis(heights, [0, FALL_HEIGHT / plotHeight]);
  const margin = { l: 60, r: 16, t: 48, b: 56 };
  const axesOf = (i: number) => ({ xaxis: axisName("x", i % 2), yaxis: axisName("y", Math.floor(i / 2)) });
  const titles = paths.map((descent, i): Layout => {
    const { xaxis, yaxis } = axesOf(i);
    const place = { xref: `${xaxis} domain`, yref: `${yaxis} domain`, x: 0.5, y: 1, yanchor: "bottom" };
    return { ...place, text: `<b>${descent.name}</b><br>${settingsOf(descent)}`, showarrow: false, font: { size: 13 } };
  });
  const lowest = Math.min(...heights.map((values) => values.at(-1)!));
  const ends = heights.map((values, i) => ({
    x: first.length - 1,
    y: values.at(-1)!,
    color: palette[styles[i] % palette.length],
    text: names[i],
  }));
  return {
    id,
    caption:
      `${listed(names)} on ${NAME}, ${startOf(all[0])}; the minimum is marked +. ` +
      `Distance covered: ${names.map((name, i) => `${name} ${signed(lengthOf(all[i]), 1)}`).join(", ")}. ` +
      "Below, the height f after every update, on a logarithmic axis.",
    alt:
      `${paths.length} paths from ${point(all[0], 0)} over the same elliptic contours. ` +
      `${names.map((name, i) => `${name}: ${shapeOf(all[i])}`).join("; ")}. ` +
      `Below, f ends lowest with ${names[heights.findIndex((values) => values.at(-1) === lowest)]}.`,
    data: [
      ...names.flatMap((name, i) =>
        [minimum({ color: ink }), ...pathTraces(name, all[i], styles[i])].map((trace) => ({ ...trace, ...axesOf(i) })),
      ),
      ...names.map((name, i) => ({ ...fallTrace(name, heights[i], styles[i]), ...fall })),
    ],
    frames: frames(all),
    layout: {
      template,
      height: plotHeight + margin.t + margin.b,
      margin,
      showlegend: false,
      ...axes,
      // The names of the lines stand to their right; on a phone they need a quarter of the width.
      [attribute(fall.xaxis)]: { ...updateAxis(first.length, fall.yaxis), domain: [0, 0.75] },
      [attribute(fall.yaxis)]: fallLayout,
      shapes: paths.flatMap((_, i) => contoursBelow(axesOf(i))),
      annotations: [
        ...titles,
        ...endLabels(ends, {
          range: fallLayout.range.map((power) => 10 ** power) as [number, number],
          height: FALL_HEIGHT,
          log: true,
          xref: fall.xaxis,
          yref: fall.yaxis,
        }),
      ],
      ...playerOf(first.length),
    },
  };
}

/**
 * The axes of a grid of panels with paths, all to the scale of the first, above the panel with heights; and the height
 * in pixels of all panels with what is between them.
 */
function pathAxes(rows: number, columns: number, ranges: { x: number[]; y: number[] }) {
  const rowHeight = 190;
  const pitch = rowHeight + 48; // the title of the next panel is between
  const plotHeight = rows * pitch - 48 + BETWEEN + FALL_HEIGHT;
  const small = { zeroline: false, tickfont: { size: 12 }, ticks: "", mirror: "all" };
  const axes: Layout = {};
  for (let column = 0; column < columns; column++) {
    const gap = 0.06;
    const width = (1 - gap * (columns - 1)) / columns;
    const left = column * (width + gap);
    axes[attribute(axisName("x", column))] = {
      ...small,
      title: { text: "x", standoff: 4 },
      range: ranges.x,
      dtick: 4,
      domain: [round(left, 4), round(left + width, 4)],
      anchor: axisName("y", rows - 1),
      ...(column > 0 && { matches: "x" }),
    };
  }
  for (let row = 0; row < rows; row++) {
    const top = row * pitch;
    axes[attribute(axisName("y", row))] = {
      ...small,
      title: { text: "y", standoff: 4 },
      range: ranges.y,
      dtick: 2,
      domain: [1 - (top + rowHeight) / plotHeight, 1 - top / plotHeight].map((edge) => round(edge, 4)),
      ...(row === 0 ? { scaleanchor: "x" } : { matches: "y" }),
    };
  }
  return { axes, plotHeight };
}

/** `"xaxis2"` for `"x2"`. */
function attribute(axis: string): string {
  return axis.replace(/^[xy]/, "$&axis");
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

/** The contours of f beneath a path. */
function contoursBelow(axes: { xaxis: string; yaxis: string }): Layout[] {
  return contours(LEVELS, { color: ink, width: 1 }, axes).map((shape) => ({ ...shape, opacity: 0.6 }));
}

/** The ellipses f = level, with the half axes √(20 level) and √level. */
function contours(
  levels: number[],
  line: { color: string; width: number },
  { xaxis, yaxis } = { xaxis: "x", yaxis: "y" },
): Layout[] {
  return levels.map((level) => {
    const [a, b] = [Math.sqrt(20 * level), Math.sqrt(level)].map((half) => round(half, 4));
    return { type: "circle", xref: xaxis, yref: yaxis, x0: -a, x1: a, y0: -b, y1: b, line, layer: "between" };
  });
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

/** The height f of each position, with as many digits as can be seen. */
function heightsOf({ x, y }: Positions): number[] {
  return x.map((value, i) => Number(f(value, y[i]).toPrecision(3)));
}

/** What a frame changes in a path's panel: the path so far, and its current position. */
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
      marker: { color, symbol, size: 7, opacity: 1, line: { color: "#ffffff", width: 0.75 } },
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

/** The height f against the update, in the second pair of axes. */
function fallTrace(name: string, heights: number[], style: number): Trace {
  const color = palette[style % palette.length];
  return {
    type: "scatter",
    mode: "lines+markers",
    name,
    y: heights,
    xaxis: "x2",
    yaxis: "y2",
    line: { color, width: 1.5 },
    marker: { color, symbol: markers[style % markers.length], size: 5, opacity: 1 },
    hovertemplate: `${name}, update %{x}<br>f = %{y:.3~g}<extra></extra>`,
  };
}

/** The axis of the updates. */
function updateAxis(positions: number, anchor: string): Layout {
  return { title: { text: "update", standoff: 4 }, range: [-0.5, positions - 0.5], zeroline: false, anchor };
}

/** A logarithmic axis in whole powers of ten that holds all heights; zero, which it cannot, is left out. */
function fallAxis(heights: number[][], domain: number[]): Layout & { range: [number, number] } {
  const powers = heights.flat().flatMap((height) => (height > 0 ? [Math.log10(height)] : []));
  const [low, high] = [Math.floor(Math.min(0, ...powers)), Math.ceil(Math.max(1, ...powers))];
  return {
    title: { text: "height f", standoff: 4 },
    type: "log",
    range: [low, high],
    dtick: Math.ceil((high - low) / 4),
    exponentformat: "power",
    tickfont: { size: 12 },
    domain,
  };
}

/** The chapter's neighbourhood of the minimum, extended where a path leaves it, up to ±10. */
function rangesOf(all: Positions[]): { x: number[]; y: number[] } {
  const extended = (values: number[], low: number, high: number) => [
    Math.max(-10, Math.floor(Math.min(low, ...values.map((value) => value - 0.5)))),
    Math.min(10, Math.ceil(Math.max(high, ...values.map((value) => value + 0.5)))),
  ];
  return {
    x: extended(
      all.flatMap(({ x }) => x),
      -8,
      2,
    ),
    y: extended(
      all.flatMap(({ y }) => y),
      -3,
      3,
    ),
  };
}

/** One frame per position, for all paths at once: of each path's four traces the last two grow, and so do its heights. */
function frames(all: Positions[]): Frame[] {
  const heights = all.map(heightsOf);
  // A panel has three traces: the minimum, the path and the current position. Those of the heights come last.
  const traces = [...all.flatMap((_, i) => [3 * i + 1, 3 * i + 2]), ...all.map((_, i) => 3 * all.length + i)];
  return all[0].x.map((_, last) => ({
    name: String(last),
    data: [
      ...all.flatMap((positions) => walked(positions, last)),
      ...heights.map((values) => ({ y: values.slice(0, last + 1) })),
    ],
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
        ...buttonStyle,
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
        ...sliderStyle,
        steps: Array.from({ length: count }, (_, i) => ({
          label: String(i),
          method: "animate",
          args: [[String(i)], go(0)],
        })),
      },
    ],
  };
}

function settingsOf({ learningRate, hyperparameters = {} }: DescentPath): string {
  return Object.entries({ η: learningRate, ...hyperparameters })
    .map(([symbol, value]) => `${symbol} = ${value}`)
    .join(", ");
}

function startOf(positions: Positions): string {
  return `${positions.x.length - 1} updates from ${point(positions, 0)}`;
}

/** The path in numbers. They do not agree on which path is best. */
function storyOf(positions: Positions): string {
  const crossings = crossingsOf(positions);
  const often =
    crossings === 0 ? "never changes sides of the valley" : `changes sides of the valley ${times(crossings)}`;
  return `${often}, covers a distance of ${signed(lengthOf(positions), 1)} and ends at ${point(positions, -1)}`;
}

/** The path as a shape. */
function shapeOf(positions: Positions): string {
  const crossings = crossingsOf(positions);
  const narrows = Math.abs(positions.y.at(-1)!) < Math.abs(positions.y[0]);
  // Nearly every update is on the other side.
  if (crossings > positions.y.length / 2)
    return narrows ? "a saw-tooth that narrows towards the minimum" : "a saw-tooth";
  if (crossings === 0) return "a curve into the valley and along it";
  return `a wave that crosses the valley ${times(crossings)}`;
}

function fallOf(heights: number[]): string {
  const [first, last] = [heights[0], heights[heights.length - 1]];
  return `Below it, f ${last > first ? "rises" : "falls"} from ${short(first)} to ${short(last)}.`;
}

function times(count: number): string {
  return ["never", "once", "twice"][count] ?? `${count} times`;
}

function overshootOf({ x }: Positions): string {
  const beyond = Math.max(...x);
  return beyond < 0.5 ? "" : `, past the minimum as far as x = ${signed(beyond, 1)}`;
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

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

/** `"a, b and c"` */
function listed(names: string[]): string {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** A number in two digits. */
function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}

/** A number for the reader, with a true minus sign. */
function signed(value: number, digits: number): string {
  return String(round(value, digits)).replace("-", "−");
}

/** Rounded to `digits` decimals; never −0, which JSON would turn into 0. */
function round(value: number, digits: number): number {
  return Number(value.toFixed(digits)) + 0;
}
