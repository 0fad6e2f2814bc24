// npm run processors: executes the notebooks as on other processors, or without TensorFlow, and compares which of their
// claims hold.
import { join, relative } from "node:path";
import { cache } from "#setup/clone.mjs";
import { CommandError } from "#setup/command-line.mjs";
import { chooseNotebooks } from "./execute/choose-notebooks.js";
import { claimsIn, compareClaims, type Claim, type Differences } from "./execute/claims.js";
import { instructionsUsed, instructionSets, type InstructionSet } from "./execute/instruction-set.js";
import { executeNotebook, type Execution } from "./execute/notebook.js";
import { printTable } from "./execute/print-table.js";
import { outputsOf, readNotebook } from "./notebook-format.js";

/** What a notebook is executed with: TensorFlow, restricted to some instructions, or WebAssembly. */
type Arithmetic = InstructionSet | "WASM";

interface Comparison extends Execution {
  set: Arithmetic;
  /** The number of claims compared. */
  claims: number;
  differences: Differences;
}

// Short trainings settle no claim.
const quick = process.env.QUICK === "1";

export default async function processors(values: { notebooks: string }, words: string[]): Promise<void> {
  const named = words.filter(isArithmetic);
  const sets: Arithmetic[] = named.length > 0 ? named : ["AVX2", "SSE41"];
  const chosen = chooseNotebooks(
    values.notebooks,
    words.filter((word) => !isArithmetic(word)),
  );
  for (const set of sets) if (set !== "WASM") requireProcessor(set);

  const comparisons: Comparison[] = [];
  for (const set of sets) {
    console.log(`\nMultiplying with ${set}`);
    for (const file of chosen) comparisons.push(await executeWith(set, values.notebooks, file));
  }
  report(comparisons);
  if (comparisons.some(({ failed, differences }) => failed || differences.fallen.length > 0)) process.exitCode = 1;
}

function isArithmetic(word: string): word is Arithmetic {
  return word === "WASM" || Object.hasOwn(instructionSets, word);
}

function requireProcessor(set: InstructionSet): void {
  const used = instructionsUsed(set);
  if (used.split(" with ")[0] !== instructionSets[set])
    throw new CommandError(
      `${set} cannot be tried on this processor: with it TensorFlow multiplies with ${used}, as without it.`,
    );
}

async function executeWith(set: Arithmetic, folder: string, file: string): Promise<Comparison> {
  const notebook = join(folder, file);
  const execution = await executeNotebook(notebook, join(cache, "processors", set, file), {
    ...(set === "WASM" ? { TRAINING_BACKEND: "wasm" } : { ONEDNN_MAX_CPU_ISA: set }),
    // Nothing from the store or from workers, which another processor may have computed.
    RUNS_STORE: undefined,
    RUNS_REDIS_URL: undefined,
  });
  const here = claimsIn(execution.outputs);
  const committed = claimsIn(outputsOf(readNotebook(notebook)));
  // If a cell before the claims failed, there is nothing to compare.
  const comparable = !quick && !(execution.failed && here.length === 0);
  const differences = comparable ? compareClaims(committed, here) : { fallen: [], seeds: [] };
  return { ...execution, set, claims: comparable ? committed.length : 0, differences };
}

function report(comparisons: Comparison[]): void {
  printTable(
    ["Notebook", "With", "Seconds", "Claims"],
    comparisons.map(({ set, name, seconds, claims, differences, failed }) => [
      name,
      set,
      seconds,
      [failed && "failed", claims > 0 && summary(claims, differences.fallen.length)].filter(Boolean).join(", "),
    ]),
  );
  if (quick) console.log("Short trainings settle no claim, so the claims were not compared.\n");
  for (const { set, name, differences } of comparisons) {
    for (const { claim, committed, here } of differences.fallen)
      console.log(
        `${name} with ${set}: ${claim}\n  committed: ${described(committed)}\n  here:      ${described(here)}\n`,
      );
    for (const { claim, committed, here } of differences.seeds)
      console.log(
        `${name} with ${set}, only another number of seeds: ${claim}\n  ${committed?.held}, here ${here?.held}\n`,
      );
  }
  console.log(`Notebooks: ${relative(process.cwd(), join(cache, "processors"))}`);
}

function summary(claims: number, fallen: number): string {
  return fallen === 0 ? `all ${claims} as committed` : `${fallen} not as committed`;
}

function described(claim?: Claim): string {
  return claim ? `${claim.held}, measured: ${claim.measured}` : "no such claim";
}
