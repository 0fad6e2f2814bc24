import { joined, type Output } from "../notebook-format.js";

/** A row of the table that `claims()` shows. */
export interface Claim {
  claim: string;
  measured: string;
  /** The verdict, perhaps followed by a number of seeds. */
  held: string;
}

/** The outcomes of a claim in two executions. */
interface Difference {
  claim: string;
  committed?: Claim;
  here?: Claim;
}

export interface Differences {
  /** Claims whose verdicts differ, or that only one execution has. */
  fallen: Difference[];
  /** Claims with the same verdict but different numbers of seeds. */
  seeds: Difference[];
}

/** The claims in a notebook or a part of it. */
export function claimsIn(outputs: Output[]): Claim[] {
  return outputs
    .map(({ data }) => joined(data?.["text/markdown"]))
    .filter((table) => table.startsWith("| claim | measured | held |\n"))
    .flatMap((table) => table.split("\n").slice(2).map(readRow));
}

/** @param row  like `| He is faster | 0.205; 0.291 | ✓ held |`, with `\|` for a bar inside a cell */
function readRow(row: string): Claim {
  const [claim, measured, held] = row
    .slice(2, -2)
    .split(" | ")
    .map((cell) => cell.replaceAll("\\|", "|"));
  return { claim, measured, held };
}

export function compareClaims(committed: Claim[], here: Claim[]): Differences {
  const names = new Set([...committed, ...here].map(({ claim }) => claim));
  const find = (list: Claim[], name: string) => list.find(({ claim }) => claim === name);
  const pairs = [...names].map((claim) => ({ claim, committed: find(committed, claim), here: find(here, claim) }));
  const differing = pairs.filter(({ committed, here }) => committed?.held !== here?.held);
  const isFallen = (pair: Difference) => verdict(pair.committed) !== verdict(pair.here);
  return { fallen: differing.filter(isFallen), seeds: differing.filter((pair) => !isFallen(pair)) };
}

function verdict(claim?: Claim) {
  return claim?.held.replace(/ \(\d+ of \d+ seeds\)$/, "");
}
