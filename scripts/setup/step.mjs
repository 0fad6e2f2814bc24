import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * One step of set-up.
 * @typedef {object} Step
 * @property {string} name       what the step makes, as told to the user
 * @property {number} megabytes  disk space that making it takes
 * @property {() => boolean} isDone  reads files only, so that set-up with nothing to do stays under a second
 * @property {() => boolean} [isNeeded]  false where set-up goes without it; reads files only, too
 * @property {(report: Report) => Promise<void>} make
 * @property {() => unknown} [requires]  throws when the machine lacks what `make` needs; asked before anything is made
 */

/**
 * Tells how far a step has come, e.g. "120 of 274 MB".
 * @typedef {(state: string) => void} Report
 */

/**
 * A step whose result depends on `inputs` alone. Its stamp holds a hash of them and is written last, by a rename: an
 * interrupted step has no stamp and is made again, and so is one whose inputs have changed. The stamp should lie inside
 * what it vouches for, so that deleting the folder takes the stamp with it.
 *
 * @param {{ name: string, megabytes: number, stamp: string, inputs: () => (string | Buffer)[],
 *   make: Step["make"] }} description  `inputs` are contents and settings, not file names
 * @returns {Step}
 */
export function stampedStep({ name, megabytes, stamp, inputs, make }) {
  return {
    name,
    megabytes,
    isDone: () => existsSync(stamp) && readFileSync(stamp, "utf8") === hash(inputs()),
    async make(report) {
      rmSync(stamp, { force: true });
      await make(report);
      // The inputs are read again, because a previous step, or this one, may have created them.
      writeWhole(stamp, hash(inputs()));
    },
  };
}

/** @param {(string | Buffer)[]} parts */
function hash(parts) {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(`${part.length}:`).update(part);
  return sum.digest("hex");
}

/**
 * Writes a file atomically: it is there completely or not at all.
 * @param {string} file
 * @param {string} text
 */
export function writeWhole(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.partial`, text);
  renameSync(`${file}.partial`, file);
}
