// @ts-check
// npm run processors: executes the notebooks as on other processors, and compares what became of their claims.
import { join, relative } from "node:path";
import { readCommandLine } from "./command-line.mjs";
import { chooseNotebooks } from "./execute/choose-notebooks.mjs";
import { claimsIn, compareClaims } from "./execute/claims.mjs";
import { instructionsUsed, instructionSets } from "./execute/instruction-set.mjs";
import { executeNotebook, readNotebook } from "./execute/notebook.mjs";
import { printTable } from "./execute/print-table.mjs";
import { setUp } from "./setup.mjs";
import { cache, root } from "./setup/clone.mjs";

const usage = `Executes notebooks with the instructions of other processors, and says which claims come out otherwise
than in the notebooks. The results go to .cache/processors, and the notebooks stay as they are.

  npm run processors                           all of them, with AVX2 and with SSE41
  npm run processors -- AVX2 6.1 6.2           with these instructions, those whose names begin so
  npm run processors -- --notebooks FOLDER     other notebooks than those in notebooks/
  QUICK=1 npm run processors                   short trainings, to see that all cells run; claims are not compared

Instructions are ${Object.keys(instructionSets).join(", ")}. TensorFlow gets the name as ONEDNN_MAX_CPU_ISA and
multiplies with no later ones. It cannot use those that this processor does not have.`;

/** @typedef {keyof typeof instructionSets} InstructionSet */

const { values, positionals } = readCommandLine(usage, {
  options: { notebooks: { type: "string", default: join(root, "notebooks") } },
  allowPositionals: true,
});
const isSet = (/** @type {string} */ word) => Object.hasOwn(instructionSets, word);
const named = /** @type {InstructionSet[]} */ (positionals.filter(isSet));
/** @type {InstructionSet[]} */
const sets = named.length > 0 ? named : ["AVX2", "SSE41"];
const chosen = chooseNotebooks(
  values.notebooks,
  positionals.filter((word) => !isSet(word)),
);
const quick = process.env.QUICK === "1";
await setUp();

for (const set of sets) {
  const used = instructionsUsed(set);
  if (used.split(" with ")[0] === instructionSets[set]) continue;
  console.error(`${set} cannot be tried on this processor: with it TensorFlow multiplies with ${used}, as without it.`);
  process.exit(1);
}

const executions = [];
for (const set of sets) {
  console.log(`\nMultiplying with ${set}`);
  for (const file of chosen) executions.push({ set, ...(await executeWith(set, file)) });
}

printTable(
  ["Notebook", "Instructions", "Seconds", "Claims"],
  executions.map(({ set, name, seconds, claims, differences, failed }) => [
    name,
    set,
    seconds,
    [failed && "failed", claims > 0 && summary(claims, differences.fallen.length)].filter(Boolean).join(", "),
  ]),
);
if (quick) console.log("Short trainings decide no claim, so the claims were not compared.\n");
for (const { set, name, differences } of executions) {
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
process.exit(executions.some(({ failed, differences }) => failed || differences.fallen.length > 0) ? 1 : 0);

/** @param {InstructionSet} set @param {string} file */
async function executeWith(set, file) {
  const notebook = join(values.notebooks, file);
  const execution = await executeNotebook(notebook, join(cache, "processors", set, file), {
    ONEDNN_MAX_CPU_ISA: set,
    // What another processor has computed, or may compute, is no answer.
    RUNS_STORE: undefined,
    RUNS_REDIS_URL: undefined,
  });
  const here = claimsIn(execution.outputs);
  const committed = claimsIn(readNotebook(notebook).cells.flatMap(({ outputs = [] }) => outputs));
  // Where a cell before the claims failed, there is nothing to compare.
  const comparable = !quick && !(execution.failed && here.length === 0);
  const differences = comparable ? compareClaims(committed, here) : { fallen: [], seeds: [] };
  return { ...execution, claims: comparable ? committed.length : 0, differences };
}

/** @param {number} claims @param {number} fallen */
function summary(claims, fallen) {
  return fallen === 0 ? `all ${claims} as committed` : `${fallen} otherwise than committed`;
}

/** @param {import("./execute/claims.mjs").Claim} [claim] */
function described(claim) {
  return claim ? `${claim.held}, measured: ${claim.measured}` : "no such claim";
}
