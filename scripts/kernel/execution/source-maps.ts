// Maps positions in a compiled cell back to the cell.
import { SourceMap, type SourceMapPayload } from "node:module";

/** tslab puts one line before each cell, so that TypeScript takes it for a module. */
const LINES_BEFORE_CELL = 1;

/** From CommonJS to ES modules, and from ES modules to TypeScript. */
type Maps = [SourceMapPayload, SourceMapPayload];

/** A place in a cell, counted from 1. */
export interface Place {
  line: number;
  column: number;
}

/** Each compiled cell by its name. `lines` counts the lines of its code. */
const compiledCells = new Map<string, { maps: Maps; lines: number }>();
/** The source maps of what was compiled last, by the compiled text; they wait for the cell's name. */
const freshMaps = new Map<string, Maps>();

export function keepSourceMaps(compiled: string, maps: Maps): void {
  freshMaps.set(compiled, maps);
}

export function forgetFreshMaps(): void {
  freshMaps.clear();
}

/** Gives the maps of what was compiled last to the cell of this name. */
export function nameSourceMaps(cellName: string, compiled: string): void {
  const maps = freshMaps.get(compiled);
  if (maps) compiledCells.set(cellName, { maps, lines: compiled.split("\n").length });
}

/** Separates a text from the source map that ends it. */
export function takeSourceMap(text: string): [text: string, map: SourceMapPayload | undefined] {
  const match = /\n?\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(text);
  if (!match) return [text, undefined];
  return [text.slice(0, match.index), JSON.parse(Buffer.from(match[1], "base64").toString()) as SourceMapPayload];
}

/**
 * The place in a cell that belongs to a place in its compiled code; all numbers count from 1.
 * @returns undefined for a place that the cell did not write
 */
export function placeInCell(cellName: string, line: number, column: number): Place | undefined {
  const compiled = compiledCells.get(cellName);
  if (!compiled || line - 1 > compiled.lines) return undefined; // after it comes tslab's call of the cell
  let place = { originalLine: line - 2, originalColumn: column - 1 }; // counted from 0, and without our own first line
  for (const map of compiled.maps) {
    const entry = new SourceMap(map).findEntry(place.originalLine, place.originalColumn);
    if (!("originalLine" in entry) || entry.originalLine === undefined) return undefined;
    place = entry;
  }
  const cellLine = place.originalLine + 1 - LINES_BEFORE_CELL;
  return cellLine < 1 ? undefined : { line: cellLine, column: place.originalColumn + 1 };
}
