// @ts-check
import { writeFileSync } from "node:fs";

/**
 * Writes a notebook for a test, without outputs.
 * @param {string} file
 * @param {any[]} cells  the code of each, or cells of another notebook, whose outputs are left out
 */
export function writeNotebook(file, cells) {
  const kernelspec = { name: "tslab", display_name: "TypeScript", language: "typescript" };
  const empty = { outputs: [], execution_count: null };
  const written = cells.map((cell, i) => {
    if (typeof cell === "string") return { cell_type: "code", id: `cell-${i}`, source: cell, metadata: {}, ...empty };
    return cell.cell_type === "code" ? { ...cell, ...empty } : cell;
  });
  writeFileSync(file, JSON.stringify({ cells: written, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
}
