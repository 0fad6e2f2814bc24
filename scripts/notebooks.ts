// @ts-check
// npm run notebooks: executes the notebooks from their first cell and renders them.
import { join, relative } from "node:path";
import { readCommandLine } from "./command-line.mjs";
import { chooseNotebooks } from "./execute/choose-notebooks.mjs";
import { executeNotebook } from "./execute/notebook.mjs";
import { printTable } from "./execute/print-table.mjs";
import { runChild } from "./execute/run-child.mjs";
import { jupyterEnvironment } from "./jupyter.mjs";
import { setUp } from "./setup.mjs";
import { cache, root } from "./setup/clone.mjs";

const usage = `Executes notebooks from their first cell, in place, and renders all pages.

  npm run notebooks                   all of them
  npm run notebooks -- 6.1 6.3        those whose names begin so
  QUICK=1 npm run notebooks           short trainings, to try the notebooks out; the results go to .cache/quick,
                                      and the notebooks stay as they are
  RUNS_STORE=1 npm run notebooks      trainings that are in the store are taken from there, RUNS_REDIS_URL=… hands them
                                      to workers; these results go to .cache/quick too`;

const notebooks = join(root, "notebooks");
// The notebooks in the clone hold what was computed here, in full and afresh, and nothing else.
const quick = ["QUICK", "RUNS_STORE", "RUNS_REDIS_URL"].some((name) => process.env[name]);
const target = quick ? join(cache, "quick/notebooks") : notebooks;
const site = quick ? join(cache, "quick/site") : join(root, "site");

const { positionals } = readCommandLine(usage, { allowPositionals: true });
const chosen = chooseNotebooks(notebooks, positionals);
await setUp();

const executions = [];
for (const file of chosen) executions.push(await executeNotebook(join(notebooks, file), join(target, file)));
const failures = executions.filter(({ failed }) => failed);
const rendered = failures.length === 0 && (await render());

printTable(
  ["Notebook", "Cells", "Figures", "Seconds"],
  executions.map(({ name, cells, figures, seconds, failed }) => [name, cells, failed ? "failed" : figures, seconds]),
);
if (failures.length > 0)
  stop(
    `${failures.length} of ${executions.length} notebooks failed, as said above; ` +
      "their files are as they were, and nothing was rendered.",
  );
if (!rendered)
  stop("Rendering failed, as said above. The notebooks are executed; npm run render tries that part again.");
if (quick) console.log(`Notebooks: ${relative(root, target)}`);
console.log(`Pages: ${relative(root, site)}/index.html`);

async function render() {
  const args = [join(root, "scripts/render.mjs"), "--notebooks", target, "--site", site];
  const { code } = await runChild(process.execPath, args, { cwd: root, env: jupyterEnvironment });
  return code === 0;
}

/**
 * @param {string} message
 * @returns {never}
 */
function stop(message) {
  console.error(message);
  process.exit(1);
}
