// The variables of cells: they belong to the script that all cells are, so that loops over them are as fast as a script's.
import vm from "node:vm";

const declared = new Set<string>();

/** Declares what a compiled cell assigns to. What is there already keeps its value. */
export function declareVariables(names: readonly string[]): void {
  const fresh = names.filter((name) => !declared.has(name));
  if (fresh.length === 0) return;
  vm.runInThisContext(`let ${fresh.join(", ")};`);
  for (const name of fresh) declared.add(name);
}
