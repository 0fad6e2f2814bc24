// Whether a cell is whole, or something is still to be typed.
import ts from "typescript";

export type Wholeness = { status: "complete" } | { status: "invalid" } | { status: "incomplete"; indent: string };

// "Unterminated template literal" and "'*/' expected". TypeScript reports them where the text ends, or where it begins.
const UNTERMINATED = [1160, 1010];

/** With what TypeScript keeps to itself. */
type ParsedFile = ts.SourceFile & { parseDiagnostics: ts.Diagnostic[] };

/** @param file the cell, parsed */
export function isWhole(code: string, file: ts.SourceFile): Wholeness {
  const errors = (file as ParsedFile).parseDiagnostics;
  if (errors.length === 0) return { status: "complete" };
  if (errors.some((error) => UNTERMINATED.includes(error.code))) return { status: "incomplete", indent: "" };
  // What ends too early is wrong only at its end.
  const end = code.trimEnd().length;
  const isUnfinished = errors.every(({ start = 0 }) => start >= end);
  return isUnfinished ? { status: "incomplete", indent: "  ".repeat(openBrackets(code)) } : { status: "invalid" };
}

/** How many brackets are open at the end. */
function openBrackets(code: string): number {
  const scanner = ts.createScanner(ts.ScriptTarget.ES2024, true, ts.LanguageVariant.Standard, code);
  let open = 0;
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    const { OpenBraceToken, OpenBracketToken, OpenParenToken } = ts.SyntaxKind;
    const { CloseBraceToken, CloseBracketToken, CloseParenToken } = ts.SyntaxKind;
    if (token === OpenBraceToken || token === OpenBracketToken || token === OpenParenToken) open++;
    else if (token === CloseBraceToken || token === CloseBracketToken || token === CloseParenToken) open--;
  }
  return Math.max(0, open);
}
