// @ts-check
import { readdirSync } from "node:fs";
import { basename } from "node:path";

/**
 * The notebooks of a folder whose names begin with one of the prefixes; all of them if there is no prefix. Ends the
 * process where there is none.
 * @param {string} folder
 * @param {string[]} prefixes  as typed: paths will do
 * @returns {string[]} file names, sorted
 */
export function chooseNotebooks(folder, prefixes) {
  const all = readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();
  if (all.length === 0) stop(`There is no notebook in ${folder}.`);
  const names = prefixes.map((prefix) => basename(prefix));
  const unknown = names.find((prefix) => !all.some((name) => name.startsWith(prefix)));
  if (unknown !== undefined) {
    const list = all.map((name) => `  ${basename(name, ".ipynb")}`);
    stop(`No notebook's name begins with "${unknown}". There are:\n${list.join("\n")}`);
  }
  return all.filter((name) => names.length === 0 || names.some((prefix) => name.startsWith(prefix)));
}

/** @param {string} message */
function stop(message) {
  console.error(message);
  process.exit(1);
}
