import { writeFileSync } from "node:fs";
import type { Cell, NotebookContent } from "../notebook-format.js";

/**
 * Writes a notebook for a test, without outputs.
 * @param cells  the code of each, or cells of another notebook, whose outputs are dropped
 */
export function writeNotebook(file: string, cells: (string | Cell)[]): void {
  const kernelspec = { name: "tslab", display_name: "TypeScript", language: "typescript" };
  const empty = { outputs: [], execution_count: null };
  const written = cells.map((cell, i): Cell => {
    if (typeof cell === "string") return { cell_type: "code", id: `cell-${i}`, source: cell, metadata: {}, ...empty };
    return cell.cell_type === "code" ? { ...cell, ...empty } : cell;
  });
  const content: NotebookContent = { cells: written, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(file, JSON.stringify(content));
}
