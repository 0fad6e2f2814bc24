// What an editor asks: completions, documentation at the cursor, and whether a cell is complete.

const { isCompleteCode } = require("tslab/dist/converter.js");
const { printQuickInfo } = require("tslab/dist/inspect.js");
const { ts } = require("./compiler.cjs");

// The protocol counts Unicode characters, JavaScript UTF-16 units; they differ after an emoji.
const toUnits = (code, characters) => [...code].slice(0, characters).join("").length;
const toCharacters = (code, units) => [...code.slice(0, units)].length;

function complete(cells, { code, cursor_pos }) {
  const { start, end, candidates } = cells.complete(code, toUnits(code, cursor_pos));
  return {
    status: "ok",
    matches: [...new Set(candidates)],
    cursor_start: toCharacters(code, start),
    cursor_end: toCharacters(code, end),
    metadata: {},
  };
}

function inspect(cells, { code, cursor_pos }) {
  const position = toUnits(code, cursor_pos);
  // A cursor right behind a name, or behind the bracket that opens its call, means that name.
  const info =
    cells.inspect(code, position) ??
    cells.inspect(code, Math.max(0, position - 1)) ??
    cells.inspect(code, Math.max(0, position - 2));
  if (!info) return { status: "ok", found: false, data: {}, metadata: {} };
  return { status: "ok", found: true, data: { "text/plain": printQuickInfo(info) }, metadata: {} };
}

function isComplete({ code }) {
  const { completed, indent } = isCompleteCode(code);
  if (!completed) return { status: "incomplete", indent };
  const errors = ts.createSourceFile("cell.ts", `export {};\n${code}`, ts.ScriptTarget.Latest).parseDiagnostics;
  if (errors.length === 0) return { status: "complete" };
  // "Unterminated template literal" and "'*/' expected" are reported where the text ends, or where it begins.
  if (errors.some(({ code }) => code === 1160 || code === 1010)) return { status: "incomplete", indent: "" };
  return { status: "invalid" };
}

module.exports = { complete, inspect, isComplete };
