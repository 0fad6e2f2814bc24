// @ts-check
// What is measured, each in seconds unless it says otherwise.
import { fork, execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { startReference } from "../reference/reference.mjs";
import { root } from "../setup/clone.mjs";
import { python } from "../setup/python.mjs";
import { matrixOperations } from "./experiments.mjs";
import { library } from "./library.mjs";

/** @typedef {import("./experiments.mjs").RunSpec} RunSpec */

/** NumPy on all cores, with the kernels that it chooses for this processor itself. */
const numpyEnvironment = { ...process.env };
for (const name of ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"])
  delete numpyEnvironment[name];

/** The two forms of the NumPy program. */
export const numpyPrograms = {
  listed: new URL("as_listed.py", import.meta.url),
  tuned: new URL("../reference/reference.py", import.meta.url),
};

/** The median of some numbers. @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

/** What the numbers were measured on. */
export function machine() {
  const threadpools =
    "import json, numpy, threadpoolctl; print(json.dumps([numpy.__version__, threadpoolctl.threadpool_info()]))";
  const [numpy, [blas]] = JSON.parse(
    execFileSync(python, ["-c", threadpools], { env: numpyEnvironment, encoding: "utf8" }),
  );
  const { node, tfjs, tensorflow } = library.backendInfo();
  return {
    processor: cpus()[0].model,
    cores: cpus().length,
    ours: `Node ${node}, tfjs ${tfjs}, TensorFlow ${tensorflow}`,
    numpy: `NumPy ${numpy}, ${blas.internal_api} ${blas.version}, ${blas.architecture} kernel, ${blas.num_threads} threads`,
  };
}

/**
 * One of process.mjs's measurements in several processes at once.
 * @param {string} what
 * @param {number} [processes]
 */
export function inProcesses(what, processes = 1) {
  return together(Array.from({ length: processes }, () => fork(new URL("process.mjs", import.meta.url), [what])));
}

/**
 * GFLOP/s of 1024³ products: of one on all cores, and of one on each core in processes of their own, together. The second
 * is what runs side by side could come to.
 * @returns {Promise<import("./report.mjs").Peak>}
 */
export async function peak() {
  const on = (/** @type {number} */ threads) => fork(new URL("product.mjs", import.meta.url), [String(threads)]);
  const [one] = await together([on(cpus().length)]);
  const each = await together(cpus().map(() => on(1)));
  return { one, each: each.reduce((sum, rate) => sum + rate, 0) };
}

/**
 * What processes measure, begun at once when all are ready.
 * @param {import("node:child_process").ChildProcess[]} children
 * @returns {Promise<any[]>}
 */
async function together(children) {
  await Promise.all(children.map((child) => once(child, "message")));
  const results = children.map((child) => once(child, "message"));
  for (const child of children) child.send("begin");
  return (await Promise.all(results)).map(([result]) => result);
}

/** The first import of the library in a process. */
export function firstImport() {
  const program = `const start = performance.now(); require("./lib"); console.log((performance.now() - start) / 1000);`;
  return Number(execFileSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" }));
}

/**
 * Runs in the library, one process a core, as a notebook has them run. The processes have been started and have read the
 * images.
 * @param {RunSpec[]} specs
 */
export async function ours(specs) {
  const start = performance.now();
  await library.runAll(
    cpus().map((_, i) => warmUp(specs[i % specs.length], i)),
    { store: false },
  );
  const started = performance.now();
  const histories = await library.runAll(specs, { store: false });
  return {
    start: (started - start) / 1000,
    seconds: (performance.now() - started) / 1000,
    operations: specs.reduce((sum, spec, i) => sum + matrixOperations(spec, histories[i]), 0),
  };
}

/**
 * The same runs in NumPy, one after the other, each on all cores. NumPy has been imported and the images have been read.
 * @param {URL} program
 * @param {RunSpec[]} specs
 */
export async function numpy(program, specs) {
  const reference = startReference(numpyEnvironment, program);
  for (const [i] of cpus().entries()) await reference.ask({ spec: warmUp(specs[i % specs.length], i) });
  let sum = 0;
  for (const spec of specs) sum += (await reference.ask({ spec })).seconds;
  await reference.close();
  return sum;
}

/** A few updates, of another seed than any that is measured. @param {RunSpec} spec @param {number} i @returns {RunSpec} */
const warmUp = ({ epochs, ...spec }, i) => ({ ...spec, record: [], iterations: 20, seed: 1_000_000 + i });
