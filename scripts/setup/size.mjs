import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {string} path
 * @returns {number | undefined} bytes; undefined if there is nothing
 */
export function sizeOf(path) {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (!entry?.isDirectory()) return entry?.size;
  return readdirSync(path).reduce((sum, name) => sum + (sizeOf(join(path, name)) ?? 0), entry.size);
}
