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

/** What a reader can do about a problem, if that is known. */
export function hintFor({ code, message, source, place }: Problem): string | undefined {
  const line = source.split(/\r\n|\r|\n/)[place.line - 1] ?? "";
  const magic = magicHint(source);
  if (magic !== undefined) return magic;
  switch (code) {
    case 2304:
    case 2552: {
      const name = /'(.+?)'/.exec(message)?.[1] ?? "";
      const isAssigned = new RegExp(`^\\s*${name.replaceAll("$", "\\$")}\\s*=[^=>]`).test(line.slice(place.column - 1));
      return isAssigned ? `Declare it first: let ${name} = …` : undefined;
    }
    case 2307:
    case 2792: {
      const name = /'(.+?)'/.exec(message)?.[1] ?? "";
      return packageHint(name);
    }
    case 17004:
      return 'To write JSX, put a tsconfig.json with { "compilerOptions": { "jsx": "react-jsx" } } beside the notebook.';
    default:
      return undefined;
  }
}

function packageHint(specifier: string): string | undefined {
  if (/^(https?|jsr):/.test(specifier))
    return "Modules come from files and from installed packages; install it with npm, and import it by its name.";
  if (/^([./]|node:|file:|data:|#)/.test(specifier)) return undefined;
  const name = specifier.replace(/^npm:\/?/, "");
  const versioned = /^((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? name;
  return `If it is a package, install it beside the notebook: npm install ${versioned}`;
}

/** What other notebooks write in front of, or behind, a line. */
function magicHint(source: string): string | undefined {
  const code = source.trim();
  const first = code.split("\n", 1)[0];
  if (/^%%\w+/.test(first))
    return `${/^%%\w+/.exec(first)?.[0]} is a magic of Python's kernel. Here code does it: tslab.display.html("…"), or Symbol.for("Jupyter.display").`;
  if (/^%\w+/.test(first))
    return `${/^%\w+/.exec(first)?.[0]} is a magic of Python's kernel, which this one does not have; console.time() measures.`;
  if (/^!\s*[a-z][\w-]*(\s|$)/.test(first) && !/^!\s*\w+\s*[;)&|=.([]/.test(first))
    return `A shell command, which is a magic of Python's kernel. Here: import { execSync } from "node:child_process"; execSync(${JSON.stringify(first.slice(1).trim())}, { stdio: "inherit" })`;
  if (/^\?{1,2}[\w.]+$/.test(code) || /^[\w.]+\?{1,2}$/.test(code))
    return "To inspect a name, put the cursor on it and press Shift+Tab.";
  if (/^(npm|npx|pip|yarn|pnpm)\s+\w+/.test(first))
    return `Run it in a terminal, or from the shell of a cell: execSync(${JSON.stringify(first)}).`;
  return undefined;
}
