// The measurements, in seconds unless stated otherwise.
import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { join } from "node:path";
import { sum } from "d3-array";
import { root } from "#setup/clone.mjs";
import { python } from "#setup/python.mjs";
import { loadLibrary } from "../library.js";
import { referenceProgram, startReference } from "../reference/reference.js";
import { matrixOperations, type RunSpec } from "./experiments.js";
import type { MemorySample, Results } from "./report.js";

/** The result of each measurement that has its own process. */
export interface Measurements {
  step: number;
  memory: MemorySample[];
}

/** NumPy on all cores, with the kernels that OpenBLAS itself chooses for this processor. */
const numpyEnvironment = { ...process.env };
for (const name of ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"])
  delete numpyEnvironment[name];

/** The two forms of the NumPy program. */
export const numpyPrograms = {
  listed: join(root, "scripts/bench/as_listed.py"),
  tuned: referenceProgram,
};

/** The machine and the versions that were measured. */
export function machine(): Results["machine"] {
  const threadpools =
    "import json, numpy, threadpoolctl; print(json.dumps([numpy.__version__, threadpoolctl.threadpool_info()]))";
  const [version, [blas]] = JSON.parse(
    execFileSync(python, ["-c", threadpools], { env: numpyEnvironment, encoding: "utf8" }),
  ) as [string, Record<"internal_api" | "version" | "architecture" | "num_threads", string | number>[]];
  const { node, tfjs, tensorflow = "none" } = loadLibrary("index").backendInfo();
  return {
    processor: cpus()[0].model,
    cores: cpus().length,
    ours: `Node ${node}, tfjs ${tfjs}, TensorFlow ${tensorflow}`,
    numpy: `NumPy ${version}, ${blas.internal_api} ${blas.version}, ${blas.architecture} kernel, ${blas.num_threads} threads`,
  };
}

/** One of the measurements of process.ts, in several processes at once. */
export function inProcesses<What extends keyof Measurements>(
  what: What,
  { processes = 1, sizes = [], environment = {} }: { processes?: number; sizes?: number[]; environment?: object } = {},
): Promise<Measurements[What][]> {
  const start = () =>
    fork(new URL("process.js", import.meta.url), [what, ...sizes.map(String)], {
      env: { ...process.env, ...environment },
    });
  return together(Array.from({ length: processes }, start));
}

/** The same step as `step` of process.ts in PyTorch, in ms. @param pytorch a Python that has it */
export function stepInPyTorch(pytorch: string, sizes: number[], threads: number): number {
  const program = join(root, "scripts/bench/pytorch_step.py");
  return Number(execFileSync(pytorch, [program, String(threads), ...sizes.map(String)], { encoding: "utf8" }));
}

/**
 * GFLOP/s of 1024³ products: of one on all cores, and the total of one per core in separate processes. The latter is
 * the limit for runs side by side.
 */
export async function peak(): Promise<Results["peak"]> {
  const on = (threads: number) => fork(new URL("product.js", import.meta.url), [String(threads)]);
  const [one] = await together<number>([on(cpus().length)]);
  const each = await together<number>(cpus().map(() => on(1)));
  return { one, each: sum(each) };
}

/** The results of several processes, which begin together once all are ready. */
async function together<Result>(children: ChildProcess[]): Promise<Result[]> {
  await Promise.all(children.map((child) => once(child, "message")));
  const results = children.map((child) => once(child, "message"));
  for (const child of children) child.send("begin");
  return ((await Promise.all(results)) as [Result][]).map(([result]) => result);
}

/** The first import of the library in a process. */
export function firstImport(): number {
  const program = `const start = performance.now(); require("./lib"); console.log((performance.now() - start) / 1000);`;
  return Number(execFileSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" }));
}

/**
 * Runs in the library with one process per core, as in a notebook. The processes have already started and read the
 * images.
 */
export async function ours(specs: RunSpec[]): Promise<{ start: number; seconds: number; operations: number }> {
  const { runAll } = loadLibrary("index");
  const start = performance.now();
  await runAll(
    cpus().map((_, i) => warmUp(specs[i % specs.length], i)),
    { store: false },
  );
  const started = performance.now();
  const histories = await runAll(specs, { store: false });
  return {
    start: (started - start) / 1000,
    seconds: (performance.now() - started) / 1000,
    operations: sum(specs, (spec, i) => matrixOperations(spec, histories[i])),
  };
}

/**
 * The same runs in NumPy, one after another, each on all cores. NumPy is already imported and the images are read.
 */
export async function numpy(program: string, specs: RunSpec[]): Promise<number> {
  const reference = startReference(numpyEnvironment, program);
  for (const [i] of cpus().entries()) await reference.ask({ spec: warmUp(specs[i % specs.length], i) });
  let total = 0;
  for (const spec of specs) total += (await reference.ask({ spec })).seconds;
  await reference.close();
  return total;
}

/** A few updates, with a seed other than any that is measured. */
const warmUp = ({ epochs, ...spec }: RunSpec, i: number): RunSpec => ({
  ...spec,
  record: [],
  iterations: 20,
  seed: 1_000_000 + i,
});
