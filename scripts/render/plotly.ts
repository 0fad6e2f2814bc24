import { join } from "node:path";
import { nodeModules } from "#setup/clone.mjs";
import type { Layout, Plot, Trace } from "../notebook-format.js";

/** All of plotly.js, for a browser. */
export const plotlyFile = join(nodeModules, "plotly.js-dist-min/plotly.min.js");

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
