// The names of variables in compiled cells.

/** A letter that cannot be seen. No one types it, so a name that ends with it is ours alone. */
const INVISIBLE = "\u200c";

/** A name that no cell can declare. In a message it reads like the name it is made of. */
export const ours = (name: string) => name + INVISIBLE;

/** What a compiled cell is given; see Cell in ../execution/cell.ts. */
export const CELL = ours("cell");

/**
 * Names that packages look for to learn where they run. A cell's own variable of such a name must not mislead them.
 * The globals that are there before the first cell are protected, too.
 */
export const TELLTALES = [
  "window",
  "document",
  "self",
  "navigator",
  "location",
  "define",
  "require",
  "module",
  "exports",
  "__dirname",
  "__filename",
  "Deno",
  "Bun",
  "_",
];
