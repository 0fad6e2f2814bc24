import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { CommandError } from "#setup/command-line.mjs";

/**
 * The notebooks of a folder whose names begin with one of the prefixes; all of them if there is no prefix.
 * @param prefixes  as typed: paths will do
 * @returns file names, sorted
 * @throws CommandError when there is none
 */
export function chooseNotebooks(folder: string, prefixes: string[]): string[] {
  const all = readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();
  if (all.length === 0) throw new CommandError(`There is no notebook in ${folder}.`);
  const names = prefixes.map((prefix) => basename(prefix));
  const unknown = names.find((prefix) => !all.some((name) => name.startsWith(prefix)));
  if (unknown !== undefined) {
    const list = all.map((name) => `  ${basename(name, ".ipynb")}`);
    throw new CommandError(`No notebook's name begins with "${unknown}". There are:\n${list.join("\n")}`);
  }
  return all.filter((name) => names.length === 0 || names.some((prefix) => name.startsWith(prefix)));
}
