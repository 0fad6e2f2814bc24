// @ts-check
import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { jupyterEnvironment } from "../jupyter.mjs";
import { cache, root } from "../setup/clone.mjs";
import { showProgress } from "../setup/progress.mjs";
import { python } from "../setup/python.mjs";
import { runChild } from "./run-child.mjs";

const config = join(root, "scripts/execute/nbconvert_config.py");

/**
 * How an execution ended.
 * @typedef {object} Execution
 * @property {string} name
 * @property {number} cells
 * @property {number} figures
 * @property {number} seconds
 * @property {boolean} failed
 * @property {any[]} outputs  of all cells, or of the one that failed
 */

/**
 * @typedef {object} CellError
 * @property {string} ename
 * @property {string} evalue
 * @property {string[]} [traceback]
 */

/**
 * Executes a notebook with nbconvert from its first cell. The result is written elsewhere and moved to `target` only
 * when every cell has run; of a failing cell, the code, the message and the stack go to the terminal.
 * @param {string} file
 * @param {string} target  may be `file` itself
 * @param {NodeJS.ProcessEnv} [environment]  what differs from this process's own; undefined takes a variable away
 * @returns {Promise<Execution>}
 */
export async function executeNotebook(file, target, environment = {}) {
  const name = basename(file, ".ipynb");
  const { cells } = readNotebook(file);
  const total = cells.filter(isCode).length;
  const numberOf = (/** @type {number} */ index) => cells.slice(0, index + 1).filter(isCode).length;
  const executed = join(cache, "executed", `${name}.ipynb`);
  mkdirSync(dirname(executed), { recursive: true });
  mkdirSync(dirname(target), { recursive: true });

  const start = performance.now();
  const progress = showProgress(name);
  /** @type {{ cell: number, error: CellError, outputs: any[] } | undefined} */
  let failure;
  const { code, stderr } = await runChild(
    python,
    ["-I", "-m", "nbconvert", "--to=notebook", "--execute", `--config=${config}`, `--output=${executed}`, file],
    {
      cwd: root,
      env: { ...jupyterEnvironment, ...environment },
      onLine(line) {
        if (!line.startsWith('{"cell"')) return;
        const event = JSON.parse(line);
        progress.report(`cell ${numberOf(event.cell)} of ${total}`);
        if (event.error) failure = event;
      },
    },
  );
  const seconds = (performance.now() - start) / 1000;
  const result = { name, cells: total, figures: 0, seconds, failed: true, outputs: failure?.outputs ?? [] };

  let problem = failure
    ? describe(cells[failure.cell], failure.error)
    : code === 0
      ? ""
      : `${stderr}${code === null ? "nbconvert was killed." : ""}`;
  let at = failure?.cell;
  if (!problem) {
    const { cells: results } = readNotebook(executed);
    const skipped = results.findIndex((cell) => isCode(cell) && cell.execution_count === null);
    if (skipped >= 0) [at, problem] = [skipped, "The kernel did not execute this cell."];
    result.outputs = results.flatMap((cell) => cell.outputs ?? []);
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

/**
 * @param {string} file
 * @returns {{ cells: any[] }}
 */
export function readNotebook(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/**
 * A code cell with something in it; nbconvert passes over the empty ones.
 * @param {any} cell
 */
function isCode(cell) {
  return cell.cell_type === "code" && sourceOf(cell).trim() !== "";
}

/** @param {any} cell */
function sourceOf(cell) {
  return [cell.source].flat().join("");
}

/**
 * @param {any} cell
 * @param {CellError} error
 */
function describe(cell, { ename, evalue, traceback = [] }) {
  const listing = sourceOf(cell)
    .split("\n")
    .map((line, i) => `${String(i + 1).padStart(5)} | ${line}`)
    .join("\n");
  const stack = traceback.join("\n");
  const message = stripVTControlCharacters(stack).includes(evalue) ? "" : `${ename}: ${evalue}\n`;
  return `${listing}\n\n${message}${stack}`;
}
