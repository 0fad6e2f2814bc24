import { mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { cache, root } from "#setup/clone.mjs";
import { showProgress } from "#setup/progress.mjs";
import { python } from "#setup/python.mjs";
import { jupyterEnvironment } from "../jupyter.js";
import { joined, outputsOf, readNotebook, type Cell, type CellError, type Output } from "../notebook-format.js";
import { runChild } from "./run-child.js";

const config = join(root, "scripts/execute/nbconvert_config.py");

/** The outcome of an execution. */
export interface Execution {
  name: string;
  cells: number;
  figures: number;
  seconds: number;
  failed: boolean;
  /** The outputs of all cells, or of the one that failed. */
  outputs: Output[];
}

/** What nbconvert_config.py prints when a cell begins, with its number in the notebook, and when one has failed. */
type ExecutionEvent = { cell: number; error?: undefined } | CellFailure;

interface CellFailure {
  cell: number;
  error: CellError;
  outputs: Output[];
}

/**
 * Executes a notebook with nbconvert from its first cell. The result is written elsewhere and moved to `target` only
 * once every cell has run; if one fails, its code, the message and the stack go to the terminal.
 * @param target  may be `file` itself
 * @param environment  changes to this process's environment; undefined removes a variable
 */
export async function executeNotebook(
  file: string,
  target: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Execution> {
  const name = basename(file, ".ipynb");
  const { cells } = readNotebook(file);
  const total = cells.filter(isCode).length;
  const numberOf = (index: number) => cells.slice(0, index + 1).filter(isCode).length;
  const executed = join(cache, "executed", `${name}.ipynb`);
  mkdirSync(dirname(executed), { recursive: true });
  mkdirSync(dirname(target), { recursive: true });

  const start = performance.now();
  const progress = showProgress(name);
  let failure: CellFailure | undefined;
  const { code, stderr } = await runChild(
    python,
    ["-I", "-m", "nbconvert", "--to=notebook", "--execute", `--config=${config}`, `--output=${executed}`, file],
    {
      cwd: root,
      env: { ...jupyterEnvironment, ...environment },
      onLine(line) {
        if (!line.startsWith('{"cell"')) return;
        const event = JSON.parse(line) as ExecutionEvent;
        progress.report(`cell ${numberOf(event.cell)} of ${total}`);
        if (event.error) failure = event;
      },
    },
  );
  const seconds = (performance.now() - start) / 1000;
  const result: Execution = { name, cells: total, figures: 0, seconds, failed: true, outputs: failure?.outputs ?? [] };

  let problem = failure
    ? describe(cells[failure.cell], failure.error)
    : code === 0
      ? ""
      : `${stderr}${code === null ? "nbconvert was killed." : ""}`;
  let at = failure?.cell;
  if (!problem) {
    const executedNotebook = readNotebook(executed);
    const skipped = executedNotebook.cells.findIndex((cell) => isCode(cell) && cell.execution_count === null);
    if (skipped >= 0) [at, problem] = [skipped, "The kernel did not execute this cell."];
    result.outputs = outputsOf(executedNotebook);
    result.figures = result.outputs.filter((output) => output.metadata?.figure).length;
  }
  if (problem) {
    progress.failed();
    rmSync(executed, { force: true });
    console.error(
      `\n${relative(root, file)}${at === undefined ? "" : `, code cell ${numberOf(at)}`}:\n\n${problem.trimEnd()}\n`,
    );
    return result;
  }
  renameSync(executed, target);
  progress.done();
  return { ...result, failed: false };
}

/** Whether it is a code cell with content; nbconvert skips empty ones. */
function isCode(cell: Cell) {
  return cell.cell_type === "code" && joined(cell.source).trim() !== "";
}

function describe(cell: Cell, { ename, evalue, traceback = [] }: CellError) {
  const listing = joined(cell.source)
    .split("\n")
    .map((line, i) => `${String(i + 1).padStart(5)} | ${line}`)
    .join("\n");
  const stack = traceback.join("\n");
  const message = stripVTControlCharacters(stack).includes(evalue) ? "" : `${ename}: ${evalue}\n`;
  return `${listing}\n\n${message}${stack}`;
}
