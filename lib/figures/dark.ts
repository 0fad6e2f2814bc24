/**
 * Figures on dark pages: each colour of the common template (figure.ts) and its counterpart on near-black. The
 * colours of the curves stay, as they are readable on both, except the blue, whose thin lines would be too faint.
 */
const darkColours: Record<string, string> = {
  "#ffffff": "#14181d", // paper
  "#24292f": "#dfe4ea", // text
  "#e3e6ea": "#2c333b", // grid
  "#c3c9d0": "#434c56", // the line at zero, the grid of 3D figures
  "#8a929c": "#7b8590", // axes and ticks
  "#0072b2": "#4a9fe8",
};

/** A copy of a figure, or of any part of one, for a dark page. */
export function inTheDark<T>(figure: T): T {
  return JSON.parse(
    JSON.stringify(figure).replace(/"#[0-9a-f]{6}"/gi, (colour) => {
      const dark = darkColours[colour.slice(1, -1).toLowerCase()];
      return dark ? `"${dark}"` : colour;
    }),
  );
}

/** A script for a page that defines `inTheDark` there. */
export const inTheDarkScript = `const darkColours = ${JSON.stringify(darkColours)};\n${inTheDark}\n`;
