// Maps positions in compiled cells and modules back to what was written.
import { SourceMap, type SourceMapping, type SourceMapPayload } from "node:module";

/** The compiler puts one line before the code of each cell and module. */
const LINES_BEFORE = 1;

/** A place in a source, counted from 1. */
export interface Place {
  line: number;
  column: number;
}

const maps = new Map<string, { json: string; lines: number; shift: number; map?: SourceMap }>();

/**
 * @param name of the cell, or the file of the module, as it stands in stack traces
 * @param json its source map
 * @param lines of the compiled code
 * @param shift how many characters the compiler has put before its first line
 */
export function keepSourceMap(name: string, json: string, code: string, shift = 0): void {
  maps.set(name, { json, lines: code.split("\n").length, shift });
}

export const isCompiledHere = (name: string) => maps.has(name);

/**
 * The place that belongs to a place in compiled code; all numbers count from 1.
 * @returns undefined for a place that nobody wrote
 */
export function placeInSource(name: string, line: number, column: number): Place | undefined {
  const compiled = maps.get(name);
  if (!compiled || compiled.json === "" || line <= LINES_BEFORE || line >= compiled.lines) return undefined;
  compiled.map ??= new SourceMap(JSON.parse(compiled.json) as SourceMapPayload);
  const row = line - 1 - LINES_BEFORE;
  // The head of a loop without conditions is in no map, but what follows is.
  const entry =
    entryIn(compiled.map, row, column - 1) ??
    entryIn(compiled.map, row, Infinity) ??
    entryIn(compiled.map, row + 1, Infinity);
  if (!entry) return undefined;
  const shift = entry.originalLine === 0 ? compiled.shift : 0;
  return { line: entry.originalLine + 1, column: Math.max(1, entry.originalColumn + 1 - shift) };
}

/** The entry for a place, if it is on the place's line. */
function entryIn(map: SourceMap, row: number, column: number): SourceMapping | undefined {
  const entry = map.findEntry(row, column);
  return "originalLine" in entry && entry.originalLine !== undefined && entry.generatedLine === row ? entry : undefined;
}
