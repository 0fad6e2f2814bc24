/**
 * Completions, by their relevance in a notebook. TypeScript gives the same rank to everything outside the cell: what
 * earlier cells declared or imported, JavaScript, Node, and whatever some package declares for browsers.
 */
import type ts from "typescript";
import { isCell, isInPackage } from "./file-system.js";

export interface Completions {
  /** What of the code they replace. */
  start: number;
  end: number;
  /** The most relevant first. `kind` is TypeScript's word: "method", "const", … */
  entries: { name: string; kind: string }[];
}

// TypeScript's ranks, which are compared as texts. It puts a "z" before those of deprecated names.
const LOCAL = "11";
const GLOBAL = "15"; // keywords, too
const NODE = "151";
const ELSEWHERE = "152";
const INTERNAL = "y";

/** Names that are not global, but that each cell is given. */
const GIVEN = ["exports", "require", "module", "__dirname", "__filename"];

/** An entry that knows its symbol, which TypeScript keeps to itself unless it is asked. */
type Entry = ts.CompletionEntry & { symbol?: ts.Symbol };

/** Whether it is one of TypeScript's own files, which declare JavaScript. */
const isStandardLibrary = (file: ts.SourceFile) => /\/lib\.[\w.]+\.d\.ts$/.test(file.fileName) || file.hasNoDefaultLib;

/**
 * @param file the cell's, with the declarations of earlier cells behind it
 * @param globals the names that exist: a value that is only declared is not offered
 */
export function complete(
  service: ts.LanguageService,
  file: string,
  position: number,
  globals: ReadonlySet<string>,
): Completions {
  const info = service.getCompletionsAtPosition(file, position, {
    includeSymbol: true,
    includeCompletionsWithInsertText: false,
    includeCompletionsForModuleExports: false,
  });
  const source = service.getProgram()?.getSourceFile(file);
  if (!info || !source) return { start: position, end: position, entries: [] };
  const { start, length } =
    info.entries[0]?.replacementSpan ?? info.optionalReplacementSpan ?? wordAt(source.text, position);
  const typed = source.text.slice(start, position).toLowerCase();
  const entries = ranked(info, globals)
    .filter(({ name }) => name.toLowerCase().startsWith(typed))
    .map(({ name, kind }) => ({ name, kind: kind as string }));
  return { start, end: start + length, entries };
}

/** The word around a position, or within a text in quotes what stands behind the last slash or quote. */
function wordAt(text: string, position: number): ts.TextSpan {
  const before = /[\p{ID_Continue}$]*$/u.exec(text.slice(0, position))?.[0].length ?? 0;
  const after = /^[\p{ID_Continue}$]*/u.exec(text.slice(position))?.[0].length ?? 0;
  return { start: position - before, length: before + after };
}

/**
 * Sorts TypeScript's completions: first the notebook's names, then JavaScript's, Node's, and those that are only types
 * of some package.
 */
function ranked(info: ts.CompletionInfo, globals: ReadonlySet<string>): Entry[] {
  // Where a type is expected, TypeScript offers no statements.
  const expectsValue = info.entries.some(({ kind, name }) => (kind as string) === "keyword" && name === "if");

  /** Undefined for what is left out. */
  function rank({ name, symbol, sortText }: Entry): string | undefined {
    const files = (symbol?.declarations ?? []).map((declaration) => declaration.getSourceFile());
    if (name.includes("\u200c") || name.endsWith("__type")) return undefined;
    if (!info.isMemberCompletion && files.some(({ fileName }) => isCell(fileName)))
      return sortText.replace(GLOBAL, LOCAL);
    const outer = files.length > 0 && sortText.endsWith(GLOBAL);
    const exists = globals.has(name) || GIVEN.includes(name);
    if (outer && expectsValue && !exists) return undefined;
    if (name.startsWith("_")) return INTERNAL + sortText;
    if (!outer || name === "console" || files.some((file) => isStandardLibrary(file) && !isInPackage(name)))
      return sortText;
    return sortText.replace(GLOBAL, exists ? NODE : ELSEWHERE);
  }

  return info.entries
    .flatMap((entry: Entry) => {
      const sortText = rank(entry);
      return sortText === undefined ? [] : [{ ...entry, sortText }];
    })
    .sort((a, b) => compare(a.sortText, b.sortText) || a.name.localeCompare(b.name));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
