// What a reader sees of an error: name, value, and where in the cell it happened.

const path = require("node:path");
const { inspect } = require("node:util");
const { placeInCell } = require("./compiler.cjs");

const PROJECT = path.resolve(__dirname, "../..");

/** Frames of the kernel, of tslab and of Node's own machinery say nothing about a cell. */
const isOurs = (line) =>
  line.includes(__dirname + path.sep) ||
  line.includes(path.join("node_modules", "tslab", "dist")) ||
  /\(?node:/.test(line);

/**
 * Describes a thrown value as the protocol's error.
 * @param thrown anything that a cell threw
 * @param sourceOf gives the code of the cell of a name like `In[3]`
 */
function describeError(thrown, sourceOf) {
  if (!isError(thrown)) {
    const evalue = inspect(thrown);
    return { ename: "Uncaught", evalue, traceback: [`Uncaught ${evalue}`] };
  }
  const { lines, place } = describeStack(thrown);
  const source = place && sourceOf(place.cell);
  if (source !== undefined) lines.push("", ...excerpt(source, place));
  return { ename: nameOf(thrown), evalue: messageOf(thrown), traceback: lines };
}

/** Name, message and frames of an error and of its causes, and the topmost place in a cell. */
function describeStack(error) {
  const lines = `${nameOf(error)}: ${messageOf(error)}`.split("\n");
  const stack = String(error.stack).split("\n");
  // A file that is no JavaScript is named in front of the error only.
  if (error instanceof SyntaxError && /^\/.*:\d+$/.test(stack[0])) lines.push(`    in ${withShortPath(stack[0])}`);
  let place;
  for (const line of stack) {
    if (!/^\s+at /.test(line) || isOurs(line)) continue;
    const frame = mapFrame(line);
    if (!frame) continue;
    place ??= frame.place;
    lines.push(frame.line);
  }
  const inner = error.errors instanceof Array ? error.errors : error.cause === undefined ? [] : [error.cause];
  for (const cause of inner) {
    const described = isError(cause) ? describeStack(cause).lines : [inspect(cause)];
    described[0] = `${error.errors ? "" : "caused by "}${described[0]}`;
    lines.push(...described.map((line) => `  ${line}`));
  }
  return { lines, place };
}

/** Node adds who asked for a missing module, with whole paths; the frames say it, too. */
const messageOf = (error) => String(error.message).replace(/\nRequire stack:\n[^]*$/, "");
const nameOf = (error) => String(error.name || error.constructor?.name || "Error");

/** Errors of another realm are no `instanceof Error` here. */
const isError = (value) => value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";

/** Puts the cell's own line and column in a stack frame; undefined for one that the cell did not write. */
function mapFrame(line) {
  // at f (In[3]:2:9)   or   at In[3]:2:9
  const match = /^(\s+at .*?)(In\[\d*\]):(\d+):(\d+)(\)?)$/.exec(line);
  if (!match) return { line: withShortPath(line) };
  const [, before, cell, row, column, bracket] = match;
  const place = placeInCell(cell, Number(row), Number(column));
  if (!place) return undefined;
  return { line: `${before}${cell}:${place.line}:${place.column}${bracket}`, place: { cell, ...place } };
}

/** Names a file of this project as the cell would import it. A saved notebook shall not tell whose machine it was. */
const withShortPath = (line) =>
  line.replace(/(?:file:\/\/)?(\/[^():]+)(?=:\d+)/, (whole, file) =>
    file.startsWith(PROJECT + path.sep) ? path.relative(process.cwd(), file) : whole,
  );

/** A few lines of a cell around a place, with a caret under it. */
function excerpt(source, { line, column }) {
  const lines = source.split("\n");
  const from = Math.max(1, line - 2);
  const to = Math.min(lines.length, line + 1);
  const width = String(to).length;
  const shown = [];
  for (let n = from; n <= to; n++) {
    shown.push(`${n === line ? ">" : " "} ${String(n).padStart(width)} | ${lines[n - 1]}`);
    if (n === line) shown.push(`  ${" ".repeat(width)} | ${" ".repeat(column - 1)}^`);
  }
  return shown;
}

/**
 * Describes what TypeScript finds wrong in a cell.
 * @param diagnostics tslab's, in which a chain of messages is flattened to neighbours at one place
 */
function describeDiagnostics(diagnostics, cellName, source) {
  const problems = [];
  for (const { start, messageText, code, fileName } of diagnostics) {
    const last = problems.at(-1);
    if (last && last.start.offset === start.offset && last.fileName === fileName) last.messages.push(messageText);
    else problems.push({ start, code, fileName, messages: [messageText] });
  }
  const lines = [];
  for (const { start, code, fileName, messages } of problems) {
    const place = { line: start.line + 1, column: start.character + 1 };
    lines.push(`${fileName ?? cellName}:${place.line}:${place.column} - error TS${code}: ${messages.join("\n  ")}`);
    if (!fileName) lines.push("", ...excerpt(source, place), "");
  }
  // TypeScript's numbers from 1000 to 1999 are its syntax errors.
  const ename = problems[0].code < 2000 ? "SyntaxError" : "TypeScriptError";
  return { ename, evalue: `TS${problems[0].code}: ${problems[0].messages[0]}`, traceback: lines };
}

module.exports = { describeDiagnostics, describeError };
