// What a reader sees of an error: name, value, and where in the cell it happened.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import type { Diagnostic } from "tslab/dist/converter.js";
import { root } from "#setup/clone.mjs";
import type { ErrorContent } from "../messages.js";
import { type Place, placeInCell } from "./source-maps.js";

/** The kernel's files: compiled, as source maps name them, and each as a path and as the URL of an ES module. */
const OWN = [path.resolve(import.meta.dirname, ".."), path.join(root, "scripts/kernel")].flatMap((folder) => [
  folder + path.sep,
  `${pathToFileURL(folder).href}/`,
]);
const TSLAB = path.join("node_modules", "tslab", "dist");

/** Frames of the kernel, of tslab and of Node's internals say nothing about a cell. */
const isOurs = (frame: string) =>
  OWN.some((folder) => frame.includes(folder)) || frame.includes(TSLAB) || /\(?node:/.test(frame);

type PlacedInCell = Place & { cell: string };

/** What may be found in a thrown error. */
interface ErrorLike {
  name?: unknown;
  message?: unknown;
  stack?: unknown;
  cause?: unknown;
  errors?: unknown;
}

/**
 * Describes a thrown value as the protocol's error.
 * @param thrown anything that a cell threw
 * @param sourceOf gives the code of the cell of a name like `In[3]`
 */
export function describeError(thrown: unknown, sourceOf: (cellName: string) => string | undefined): ErrorContent {
  if (!isError(thrown)) {
    const evalue = inspect(thrown);
    return { ename: "Uncaught", evalue, traceback: [`Uncaught ${evalue}`] };
  }
  const { lines, place } = describeStack(thrown);
  const source = place && sourceOf(place.cell);
  if (place && source !== undefined) lines.push("", ...excerpt(source, place));
  return { ename: nameOf(thrown), evalue: messageOf(thrown), traceback: lines };
}

/** Name, message and frames of an error and of its causes, and the topmost place in a cell. */
function describeStack(error: ErrorLike): { lines: string[]; place?: PlacedInCell } {
  const lines = `${nameOf(error)}: ${messageOf(error)}`.split("\n");
  const stack = String(error.stack).split("\n");
  // A file that is no JavaScript is named only before the error.
  if (error instanceof SyntaxError && /^\/.*:\d+$/.test(stack[0])) lines.push(`    in ${withShortPath(stack[0])}`);
  let place: PlacedInCell | undefined;
  for (const line of stack) {
    if (!/^\s+at /.test(line) || isOurs(line)) continue;
    const frame = mapFrame(line);
    if (!frame) continue;
    place ??= frame.place;
    lines.push(frame.line);
  }
  const inner = Array.isArray(error.errors) ? error.errors : error.cause === undefined ? [] : [error.cause];
  for (const cause of inner as unknown[]) {
    const described = isError(cause) ? describeStack(cause).lines : [inspect(cause)];
    described[0] = `${error.errors ? "" : "caused by "}${described[0]}`;
    lines.push(...described.map((line) => `  ${line}`));
  }
  return { lines, place };
}

/** Node adds who asked for a missing module, with whole paths; the frames say it, too. */
const messageOf = (error: ErrorLike) => String(error.message).replace(/\nRequire stack:\n[^]*$/, "");
const nameOf = (error: ErrorLike) => String(error.name || error.constructor?.name || "Error");

/** Errors of another realm are no `instanceof Error` here. */
const isError = (value: unknown): value is ErrorLike =>
  value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";

/** Puts the cell's own line and column in a stack frame; undefined for one that the cell did not write. */
function mapFrame(line: string): { line: string; place?: PlacedInCell } | undefined {
  // at f (In[3]:2:9)   or   at In[3]:2:9
  const match = /^(\s+at .*?)(In\[\d*\]):(\d+):(\d+)(\)?)$/.exec(line);
  if (!match) return { line: withShortPath(line) };
  const [, before, cell, row, column, bracket] = match;
  const place = placeInCell(cell, Number(row), Number(column));
  if (!place) return undefined;
  return { line: `${before}${cell}:${place.line}:${place.column}${bracket}`, place: { cell, ...place } };
}

/** Names a file of this project as the cell would import it. A saved notebook must not reveal whose machine it was. */
const withShortPath = (line: string) =>
  line.replace(/(?:file:\/\/)?(\/[^():]+)(?=:\d+)/, (whole, file: string) =>
    file.startsWith(root + path.sep) ? path.relative(process.cwd(), file) : whole,
  );

/** A few lines of a cell around a place, with a caret under it. */
function excerpt(source: string, { line, column }: Place): string[] {
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

interface Problem extends Pick<Diagnostic, "start" | "code" | "fileName"> {
  messages: string[];
}

/**
 * Describes what TypeScript finds wrong in a cell.
 * @param diagnostics tslab's, in which a chain of messages is flattened to neighbours at one place
 */
export function describeDiagnostics(diagnostics: Diagnostic[], cellName: string, source: string): ErrorContent {
  const problems: Problem[] = [];
  for (const { start, messageText, code, fileName } of diagnostics) {
    const last = problems.at(-1);
    if (last && last.start.offset === start.offset && last.fileName === fileName) last.messages.push(messageText);
    else problems.push({ start, code, fileName, messages: [messageText] });
  }
  const lines: string[] = [];
  for (const { start, code, fileName, messages } of problems) {
    const place = { line: start.line + 1, column: start.character + 1 };
    lines.push(`${fileName ?? cellName}:${place.line}:${place.column} - error TS${code}: ${messages.join("\n  ")}`);
    if (!fileName) lines.push("", ...excerpt(source, place), "");
  }
  // TypeScript numbers its syntax errors from 1000 to 1999.
  const ename = problems[0].code < 2000 ? "SyntaxError" : "TypeScriptError";
  return { ename, evalue: `TS${problems[0].code}: ${problems[0].messages[0]}`, traceback: lines };
}
