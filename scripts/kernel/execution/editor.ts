// What an editor asks: completions, documentation at the cursor, and whether a cell is complete.
import type ts from "@tslab/typescript-for-tslab";
import type { CompleteReply, CursorContent, InspectReply, IsCompleteReply } from "../messages.js";
import type { CellRunner } from "./cell.js";
import { isCompleteCode, printQuickInfo } from "./tslab.js";
import { typescript } from "./typescript.js";

// "Unterminated template literal" and "'*/' expected". TypeScript reports them where the text ends, or where it begins.
const UNTERMINATED = [1160, 1010];

/** With what TypeScript keeps to itself. */
type ParsedFile = ts.SourceFile & { parseDiagnostics: ts.Diagnostic[] };

// The protocol counts Unicode characters, JavaScript UTF-16 units. They differ after an emoji.
const toUnits = (code: string, characters: number) => [...code].slice(0, characters).join("").length;
const toCharacters = (code: string, units: number) => [...code.slice(0, units)].length;

export function complete(cells: CellRunner, { code, cursor_pos }: CursorContent): CompleteReply {
  const { start, end, candidates } = cells.complete(code, toUnits(code, cursor_pos));
  return {
    status: "ok",
    matches: [...new Set(candidates)],
    cursor_start: toCharacters(code, start),
    cursor_end: toCharacters(code, end),
    metadata: {},
  };
}

export function inspect(cells: CellRunner, { code, cursor_pos }: CursorContent): InspectReply {
  const position = toUnits(code, cursor_pos);
  // A cursor right after a name, or after the bracket that opens its call, means that name.
  const info =
    cells.inspect(code, position) ??
    cells.inspect(code, Math.max(0, position - 1)) ??
    cells.inspect(code, Math.max(0, position - 2));
  if (!info) return { status: "ok", found: false, data: {}, metadata: {} };
  return { status: "ok", found: true, data: { "text/plain": printQuickInfo(info) }, metadata: {} };
}

export function isComplete({ code }: { code: string }): IsCompleteReply {
  const { completed, indent } = isCompleteCode(code);
  if (!completed) return { status: "incomplete", indent };
  const file = typescript.createSourceFile("cell.ts", `export {};\n${code}`, typescript.ScriptTarget.Latest);
  const errors = (file as ParsedFile).parseDiagnostics;
  if (errors.length === 0) return { status: "complete" };
  if (errors.some(({ code }) => UNTERMINATED.includes(code))) return { status: "incomplete", indent: "" };
  return { status: "invalid" };
}
