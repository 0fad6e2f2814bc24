// @ts-check

/**
 * A row of the table that `claims()` shows; `held` begins with its verdict, a number of seeds may follow.
 * @typedef {{ claim: string, measured: string, held: string }} Claim
 */

/**
 * How a claim came out twice.
 * @typedef {{ claim: string, committed?: Claim, here?: Claim }} Difference
 */

/**
 * The claims that a notebook or a part of it shows.
 * @param {any[]} outputs
 * @returns {Claim[]}
 */
export function claimsIn(outputs) {
  return outputs
    .map((output) => [output.data?.["text/markdown"] ?? ""].flat().join(""))
    .filter((table) => table.startsWith("| claim | measured | held |\n"))
    .flatMap((table) => table.split("\n").slice(2).map(readRow));
}

/**
 * @param {string} row  like `| He is faster | 0.205; 0.291 | ✓ held |`, with `\|` for a stroke inside a cell
 * @returns {Claim}
 */
function readRow(row) {
  const [claim, measured, held] = row
    .slice(2, -2)
    .split(" | ")
    .map((cell) => cell.replaceAll("\\|", "|"));
  return { claim, measured, held };
}

/**
 * @param {Claim[]} committed
 * @param {Claim[]} here
 * @returns {{ fallen: Difference[], seeds: Difference[] }} claims whose verdicts differ, or that only one of both has;
 *   and those whose verdicts are the same, with other numbers of seeds
 */
export function compareClaims(committed, here) {
  const names = new Set([...committed, ...here].map(({ claim }) => claim));
  const find = (/** @type {Claim[]} */ list, /** @type {string} */ name) => list.find(({ claim }) => claim === name);
  const pairs = [...names].map((claim) => ({ claim, committed: find(committed, claim), here: find(here, claim) }));
  const differing = pairs.filter(({ committed, here }) => committed?.held !== here?.held);
  const isFallen = (/** @type {Difference} */ pair) => verdict(pair.committed) !== verdict(pair.here);
  return { fallen: differing.filter(isFallen), seeds: differing.filter((pair) => !isFallen(pair)) };
}

/** @param {Claim} [claim] */
function verdict(claim) {
  return claim?.held.replace(/ \(\d+ of \d+ seeds\)$/, "");
}
