/**
 * Small multiples: a grid of equal panels that share an x axis per column and a y axis per row, so that
 * there are ticks only at the left and at the bottom, and the panels stay legible on a phone.
 */
import type { Layout } from "./figure";

/** A trace's name for its axis: `"x"`, `"x2"`, … for index 0, 1, … */
export function axisName(letter: "x" | "y", index: number): string {
  return index === 0 ? letter : `${letter}${index + 1}`;
}

export interface PanelGrid {
  rows: number;
  columns: number;
  /** Texts above the panels, row by row from the top left; missing ones stay empty. */
  titles: string[];
  /** Attributes of every x axis, and the one title below them all. */
  x: Layout & { title: string };
  /** Attributes of every y axis, and one title for all of them or one per row. */
  y: Layout & { title: string | string[] };
  /** Space between the panels, as a share of a panel's width and height. */
  gap: { x: number; y: number };
}

/**
 * The axes, panel titles and axis titles of a grid of panels. A trace belongs to the panel in
 * `row`, `column` when its `xaxis` is `axisName("x", column)` and its `yaxis` is `axisName("y", row)`.
 */
export function panelGrid({ rows, columns, titles, x, y, gap }: PanelGrid): Layout {
  const { title: xTitle, ...xAttributes } = x;
  const { title: yTitle, ...yAttributes } = y;
  const small = { tickfont: { size: 11 }, mirror: "all", ticks: "" };
  const axes: Layout = {};
  for (let column = 0; column < columns; column++) {
    axes[axisName("x", column).replace("x", "xaxis")] = { ...small, ...xAttributes };
  }
  for (let row = 0; row < rows; row++) {
    const title = Array.isArray(yTitle) ? { title: { text: yTitle[row], font: { size: 12 }, standoff: 4 } } : {};
    axes[axisName("y", row).replace("y", "yaxis")] = { ...small, ...title, ...yAttributes };
  }
  const annotations: Layout[] = titles.map((text, panel) => ({
    text,
    xref: `${axisName("x", panel % columns)} domain`,
    yref: `${axisName("y", Math.floor(panel / columns))} domain`,
    x: 0.5,
    y: 1,
    yanchor: "bottom",
    showarrow: false,
    font: { size: 12 },
  }));
  const shared = { xref: "paper", yref: "paper", showarrow: false, font: { size: 13 } };
  annotations.push({ ...shared, text: xTitle, x: 0.5, y: 0, yanchor: "top", yshift: -24 });
  if (!Array.isArray(yTitle)) {
    annotations.push({ ...shared, text: yTitle, x: 0, y: 0.5, xanchor: "right", xshift: -32, textangle: -90 });
  }
  return {
    grid: { rows, columns, pattern: "coupled", xgap: gap.x, ygap: gap.y },
    ...axes,
    annotations,
  };
}

/** Buttons in the colours of the template, which a dark page replaces; pages and JupyterLab colour the chosen one. */
export const buttonStyle: Layout = { bgcolor: "#ffffff", bordercolor: "#8a929c", font: { color: "#24292f", size: 12 } };

/** A slider in the colours of the template's grid and axes, which a dark page replaces. */
export const sliderStyle: Layout = { bgcolor: "#e3e6ea", activebgcolor: "#c3c9d0", bordercolor: "#8a929c" };

/** A palette colour for what lies behind a line. */
export function translucent(hex: string, opacity: number): string {
  const [red, green, blue] = [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}

/** The legend in a row above the plot, never over its lines. */
export const legendAbove = {
  showlegend: true,
  legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal" },
};
