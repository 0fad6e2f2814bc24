/**
 * Orders completions by their relevance in a notebook. TypeScript gives the same rank to everything outside the cell:
 * what earlier cells declared or imported, JavaScript, Node, and whatever some package declares for browsers.
 */
import type ts from "@tslab/typescript-for-tslab";

// TypeScript's ranks, which are compared as texts. It puts a "z" before those of deprecated names.
const LOCAL = "11";
const GLOBAL = "15"; // keywords, too
const NODE = "151";
const ELSEWHERE = "152";
const INTERNAL = "y";

/** Names that are not global, but that tslab gives to each cell. */
const GIVEN = ["exports", "require"];

/** An entry that knows its symbol, which TypeScript keeps to itself unless it is asked. */
type Entry = ts.CompletionEntry & { symbol?: ts.Symbol };

/** Whether it is one of TypeScript's own files, which declare JavaScript. They alone are marked so. */
const isStandardLibrary = (file: ts.SourceFile) => file.hasNoDefaultLib;

/**
 * Sorts TypeScript's completions: first the notebook's names, then JavaScript's, Node's, and those that are only types
 * of some package. Where a value is expected, it omits declared names that do not exist here, like `GPUAdapter`.
 * @param info TypeScript's answer; its entries know their symbols
 * @param cell the cell's source file, whose parent is the file with the declarations of earlier cells
 */
export function ranked(info: ts.CompletionInfo, cell: ts.SourceFile): ts.CompletionInfo {
  // Where a type is expected, TypeScript offers no statements.
  const expectsValue = info.entries.some(({ kind, name }) => (kind as string) === "keyword" && name === "if");
  const isNotebooks = (file: ts.Node) => file === cell || file === cell.parent;

  /** Undefined for what is left out. */
  function rank({ name, symbol, sortText }: Entry): string | undefined {
    const files = (symbol?.declarations ?? []).map((declaration) => declaration.getSourceFile());
    if (!info.isMemberCompletion && files.some(isNotebooks)) return sortText.replace(GLOBAL, LOCAL);
    const outer = files.length > 0 && sortText.endsWith(GLOBAL);
    const exists = name in globalThis || GIVEN.includes(name);
    if (outer && expectsValue && !exists) return undefined;
    if (name.startsWith("_")) return INTERNAL + sortText;
    if (!outer || name === "console" || files.some(isStandardLibrary)) return sortText;
    return sortText.replace(GLOBAL, exists ? NODE : ELSEWHERE);
  }

  const entries = info.entries
    .flatMap((entry) => {
      const sortText = rank(entry);
      return sortText === undefined ? [] : [{ ...entry, sortText }];
    })
    .sort((a, b) => a.sortText.localeCompare(b.sortText) || a.name.localeCompare(b.name));
  return { ...info, entries };
}
