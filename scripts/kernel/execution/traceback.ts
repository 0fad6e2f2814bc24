// What a reader sees of an error: name, value, and where in the cell it happened.
import type { Place, Problem } from "../compiler/diagnostics.js";
import { hintFor, magicHint } from "../compiler/hints.js";
import type { ErrorContent } from "../messages.js";
import { plainBundle } from "./display.js";
import { shortPath } from "./stacks.js";

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
    const evalue = shown(thrown);
    return { ename: "Uncaught", evalue, traceback: [`Uncaught ${evalue}`] };
  }
  const { lines, place } = describeStack(thrown);
  const source = place && sourceOf(place.cell);
  if (place && source !== undefined) lines.push("", ...excerpt(source, place));
  return { ename: nameOf(thrown), evalue: messageOf(thrown), traceback: lines };
}

/** Name, message and frames of an error and of its causes, and the topmost place in a cell. */
function describeStack(error: ErrorLike, within: unknown[] = []): { lines: string[]; place?: PlacedInCell } {
  const lines = `${nameOf(error)}: ${messageOf(error)}`.split("\n");
  const stack = textOf(error, "stack").split("\n");
  // A file that is no JavaScript is named only before the error.
  if (error instanceof SyntaxError && /^(\/|[A-Z]:\\).*:\d+$/i.test(stack[0]))
    lines.push(`    in ${shortPath(stack[0])}`);
  let place: PlacedInCell | undefined;
  for (const line of stack) {
    if (!/^\s+at /.test(line)) continue;
    place ??= placeInCell(line);
    lines.push(line);
  }
  const inner = Array.isArray(error.errors) ? error.errors : error.cause === undefined ? [] : [error.cause];
  for (const cause of inner as unknown[]) {
    if (within.includes(cause) || cause === error) continue; // an error can be its own cause
    const described = isError(cause) ? describeStack(cause, [...within, error]).lines : [shown(cause)];
    described[0] = `${error.errors ? "" : "caused by "}${described[0]}`;
    lines.push(...described.map((line) => `  ${line}`));
  }
  return { lines, place };
}

/** Node adds who asked for a missing module, with whole paths; the frames say it, too. */
const messageOf = (error: ErrorLike) => textOf(error, "message").replace(/\nRequire stack:\n[^]*$/, "");
const nameOf = (error: ErrorLike) => textOf(error, "name") || error.constructor?.name || "Error";

/** A property as text. To read it may throw as well. */
function textOf(error: ErrorLike, key: "name" | "message" | "stack"): string {
  try {
    return error[key] === undefined ? "" : String(error[key]);
  } catch {
    return `(its ${key} cannot be read)`;
  }
}

function shown(value: unknown): string {
  return String(plainBundle(value)["text/plain"]);
}

/** Errors of another realm are no `instanceof Error` here. */
const isError = (value: unknown): value is ErrorLike =>
  value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";

/** The place that a stack frame names, if it is in a cell: at f (In[3]:2:9), or at In[3]:2:9. */
function placeInCell(frame: string): PlacedInCell | undefined {
  const match = /(In\[[\d.]+\]):(\d+):(\d+)\)?$/.exec(frame);
  return match ? { cell: match[1], line: Number(match[2]), column: Number(match[3]) } : undefined;
}

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

/** Describes what TypeScript finds wrong in a cell, or in a module that it imports. */
export function describeProblems(problems: Problem[], cellName: string): ErrorContent {
  const lines: string[] = [];
  // Of what is no TypeScript at all, one error says enough.
  const told = magicHint(problems[0].source) === undefined ? problems : problems.slice(0, 1);
  for (const problem of told) {
    const { code, message, file, place, source } = problem;
    const where = `${file === undefined ? cellName : shortPath(file)}:${place.line}:${place.column}`;
    lines.push(`${where} - error TS${code}: ${message}`, "", ...excerpt(source, place), "");
    const hint = hintFor(problem);
    if (hint !== undefined && !lines.includes(hint)) lines.push(hint, "");
  }
  const [{ isSyntax, code, message }] = problems;
  return {
    ename: isSyntax ? "SyntaxError" : "TypeScriptError",
    evalue: `TS${code}: ${message.split("\n")[0]}`,
    traceback: lines,
  };
}
