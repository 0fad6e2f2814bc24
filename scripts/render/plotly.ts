import { join } from "node:path";
import { nodeModules } from "#setup/clone.mjs";
import type { Layout, Plot, Trace } from "../notebook-format.js";

/** All of plotly.js, for a browser. */
export const plotlyFile = join(nodeModules, "plotly.js-dist-min/plotly.min.js");

/** A part of plotly.js, or all of it. */
interface Bundle {
  /** As the pages have it. */
  file: string;
  source: string;
  draws(type: string): boolean;
}

/** From the smallest on. */
export const bundles: Bundle[] = [
  {
    file: "plotly-basic.min.js",
    source: join(nodeModules, "plotly.js-basic-dist-min/plotly-basic.min.js"),
    draws: (type) => ["scatter", "bar", "pie"].includes(type),
  },
  {
    file: "plotly-gl3d.min.js",
    source: join(nodeModules, "plotly.js-gl3d-dist-min/plotly-gl3d.min.js"),
    draws: (type) => ["scatter", "scatter3d", "surface", "mesh3d", "isosurface", "volume", "cone"].includes(type),
  },
  { file: "plotly.min.js", source: plotlyFile, draws: () => true },
];

/** The smallest bundle that can draw a figure. */
export function bundleFor({ data }: Plot): Bundle {
  return bundles.find(({ draws }) => data.every(({ type = "scatter" }) => draws(type as string)))!;
}

declare global {
  /** In a browser that has loaded `plotlyFile`. */
  var Plotly: PlotlyLibrary;
}

/** The part of plotly.js that is called here. */
interface PlotlyLibrary {
  validate(data: Trace[], layout: Layout): Fault[] | undefined;
  toImage(plot: Plot, options: { format: "png"; width: number; height: number; scale: number }): Promise<string>;
  animate(plot: Element, frames: string[], options: object): Promise<void>;
  restyle(plot: Element, change: Trace, traces: number[]): Promise<void>;
}

interface Fault {
  code: string;
  path: (string | number)[];
  msg: string;
}
