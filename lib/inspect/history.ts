/**
 * The history of a run as its first and last numbers and small curves. A history remains plain numbers; code that makes
 * one for a reader calls {@link showsItself}.
 */
import { extent, mean } from "d3-array";
import { SETS, type History, type Measurement } from "../trainer";
import { written } from "../notebook/table";
import { setLook, type Look } from "../look";

type Values = (number | null)[];

const historyLook: Look<History> = {
  text(history, depth, { stylize }) {
    if (depth < 0) return stylize(`[${title(history)}]`, "special");
    const curves = recorded(history);
    const drawn = (curve: Values) => stylize(sparkline(curve), "special");
    if (curves.length === 1) {
      const [[name, curve]] = curves;
      return `${title(history)}: ${name} ${fromTo(curve)} ${drawn(curve)}`.trimEnd();
    }
    const width = Math.max(...curves.map(([name]) => name.length));
    const ends = Math.max(...curves.map(([, curve]) => fromTo(curve).length));
    const lines = curves.map(([name, curve]) =>
      `${name.padEnd(width)}  ${fromTo(curve).padEnd(ends)}  ${drawn(curve)}`.trimEnd(),
    );
    return [title(history), ...lines].join("\n  ");
  },

  rich(history) {
    const cells = recorded(history).map(
      ([name, curve]) =>
        `<tr><th style="text-align: left">${name}</th><td>${curve.length}</td><td>${number(curve[0])}</td>` +
        `<td>${number(curve.at(-1)!)}</td><td>${drawing(name, curve)}</td></tr>`,
    );
    const head = ["", "values", "first", "last", ""].map((name) => `<th>${name}</th>`).join("");
    const table = `<table><thead><tr>${head}</tr></thead><tbody>\n${cells.join("\n")}\n</tbody></table>`;
    return { "text/html": `<div><p><strong>${title(history)}</strong></p>${cells.length > 0 ? table : ""}</div>` };
  },
};

/** Makes a history show itself from now on. @returns the same history */
export function showsItself(history: History): History {
  return setLook(history, historyLook);
}

function title({ iterations, divergedAt }: History): string {
  return `History of ${iterations} ${iterations === 1 ? "update" : "updates"}${divergedAt === null ? "" : `, diverged after ${divergedAt}`}`;
}

/** The curves that were recorded, by name. */
function recorded(history: History): [string, Values][] {
  const measurements = ["loss", ...Object.keys(SETS)] as Measurement[];
  return measurements.filter((what) => history[what].length > 0).map((what) => [what, history[what]]);
}

const number = (value: number | null) => (value === null ? "not finite" : written(value));
const fromTo = (curve: Values) =>
  curve.length > 1 && curve.some((value) => value !== null)
    ? `${number(curve[0])} → ${number(curve.at(-1)!)}`
    : number(curve[0]);

/** A curve of at most `most` points, each the mean of a part of equal length; `null` where no value is finite. */
function thinned(curve: Values, most: number): Values {
  const count = Math.min(curve.length, most);
  return Array.from({ length: count }, (_, i) => {
    const part = curve.slice(Math.floor((i * curve.length) / count), Math.floor(((i + 1) * curve.length) / count));
    return mean(part.filter(Number.isFinite)) ?? null;
  });
}

/** The position of a value between the lowest and the highest of a curve: 0 to 1. */
function position(curve: Values): (value: number) => number {
  const [lowest, highest] = extent(curve as number[]) as [number, number];
  return (value) => (highest > lowest ? (value - lowest) / (highest - lowest) : 0.5);
}

const BARS = "▁▂▃▄▅▆▇█";

/** A curve as a line of text; empty if none of its values is finite. */
function sparkline(curve: Values): string {
  if (curve.every((value) => value === null)) return "";
  const points = thinned(curve, 24);
  const height = position(points);
  return points.map((value) => (value === null ? "·" : BARS[Math.round(height(value) * (BARS.length - 1))])).join("");
}

const [WIDTH, HEIGHT] = [240, 40];

/** A curve as an image, which untrusted notebooks show too, in a colour that is visible on white and on black. */
function drawing(name: string, curve: Values): string {
  const points = thinned(curve, 120);
  const height = position(points);
  // One line for each part without a gap; round ends make a dot of a part with one point.
  const path = points.map((value, i) => {
    if (value === null) return "";
    const x = ((i + 0.5) / points.length) * WIDTH;
    const place = `${x.toFixed(1)} ${((1 - height(value)) * (HEIGHT - 4) + 2).toFixed(1)}`;
    return points[i - 1] == null ? `M${place}L${place}` : `L${place}`;
  });
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">` +
    `<path d="${path.join("")}" fill="none" stroke="#2b8cc4" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/></svg>`;
  const data = Buffer.from(svg).toString("base64");
  return `<img src="data:image/svg+xml;base64,${data}" alt="${name}, from ${fromTo(curve)}" width="${WIDTH}" height="${HEIGHT}">`;
}
