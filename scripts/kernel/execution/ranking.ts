// The order in which a reader of a notebook looks for names. TypeScript ranks all that stands outside of the cell alike:
// what earlier cells declared or imported, JavaScript, Node, and whatever some package declares for browsers.

// TypeScript's ranks, which are compared as texts. It puts a "z" in front of those of deprecated names.
const LOCAL = "11";
const GLOBAL = "15"; // keywords, too
const NODE = "151";
const ELSEWHERE = "152";
const INTERNAL = "y";

/** Names that are not global, but that tslab gives to each cell. */
const GIVEN = ["exports", "require"];

/** Whether it is one of TypeScript's own files, which declare JavaScript. They alone say so of themselves. */
const isStandardLibrary = (file) => file.hasNoDefaultLib;

/**
 * TypeScript's completions: first the notebook's names, then JavaScript's, Node's, and those that are only types of some
 * package. Where a value is expected, declared names that do not exist here, like `GPUAdapter`, are left out.
 * @param info TypeScript's answer; its entries know their symbols
 * @param cell the cell's source file, whose parent is the file with the declarations of earlier cells
 */
function ranked(info, cell) {
  // Where a type is expected, TypeScript offers no statements.
  const expectsValue = info.entries.some(({ kind, name }) => kind === "keyword" && name === "if");

  /** Undefined for what is left out. */
  function rank({ name, symbol, sortText }) {
    const files = (symbol?.declarations ?? []).map((declaration) => declaration.getSourceFile());
    if (!info.isMemberCompletion && (files.includes(cell) || files.includes(cell.parent)))
      return sortText.replace(GLOBAL, LOCAL);
    const outer = files.length > 0 && sortText.endsWith(GLOBAL);
    const exists = name in globalThis || GIVEN.includes(name);
    if (outer && expectsValue && !exists) return undefined;
    if (name.startsWith("_")) return INTERNAL + sortText;
    if (!outer || name === "console" || files.some(isStandardLibrary)) return sortText;
    return sortText.replace(GLOBAL, exists ? NODE : ELSEWHERE);
  }

  const entries = info.entries
    .map((entry) => ({ ...entry, sortText: rank(entry) }))
    .filter(({ sortText }) => sortText !== undefined)
    .sort((a, b) => a.sortText.localeCompare(b.sortText) || a.name.localeCompare(b.name));
  return { ...info, entries };
}

module.exports = { ranked };
