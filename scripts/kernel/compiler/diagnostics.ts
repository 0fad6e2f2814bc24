// What TypeScript finds wrong in a cell, or in a module that it imports.
import ts from "typescript";

/** A place in a text, counted from 1. */
export interface Place {
  line: number;
  column: number;
}

export interface Problem {
  code: number;
  message: string;
  /** Undefined for the cell itself. */
  file: string | undefined;
  place: Place;
  /** The text in which the place is. */
  source: string;
  /** Whether it is an error of syntax, so that nothing else is known. */
  isSyntax: boolean;
}

/** TypeScript numbers its syntax errors from 1000 to 1999. */
const isSyntax = ({ code }: ts.Diagnostic) => code < 2000 || (code >= 17000 && code < 18000);

export function problemFrom(
  diagnostic: ts.Diagnostic,
  own: { file: ts.SourceFile; code: string; shift: number },
): Problem {
  const { file, start = 0, code } = diagnostic;
  const isOwn = file === undefined || file === own.file;
  const source = isOwn ? own.code : file.text;
  const position = isOwn ? Math.max(0, Math.min(start - own.shift, source.length)) : start;
  return {
    code,
    message: plain(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")),
    file: isOwn ? undefined : file.fileName,
    place: placeOf(source, position),
    source,
    isSyntax: isSyntax(diagnostic),
  };
}

function placeOf(source: string, position: number): Place {
  const before = source.slice(0, position).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Two classes of one name are told apart by their cells, which TypeScript calls files. */
const plain = (message: string) =>
  message
    .replace(/import\("[^"]*\/(In\[[^"\]]*\][^"/]*)"\)\.(\w+)/g, "$2 of $1")
    .replace(/import\("[^"]*\/this cell"\)\.(\w+)/g, "$1 of this cell");
