// npm run bench: the chapter's experiments on MNIST here and in NumPy, and the cost of a step, a start and a long run.
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { median } from "d3-array";
import { root } from "#setup/clone.mjs";
import { CommandError } from "#setup/command-line.mjs";
import { chapterExperiments, type Experiment, type RunSpec } from "./bench/experiments.js";
import { firstImport, inProcesses, machine, numpy, numpyPrograms, ours, peak, stepInPyTorch } from "./bench/measure.js";
import { chart, table, type Results } from "./bench/report.js";
import { loadLibrary } from "./library.js";
import { wholeNumber } from "./whole-number.js";

const EXTRAS = ["step", "backends", "threads", "start", "linear", "memory"];

export default async function bench(values: { repeats: string; only?: string; pytorch?: string }): Promise<void> {
  const repeats = wholeNumber("repeats", values.repeats);
  const only = values.only?.split(",");
  const isWanted = (name: string) => !only || only.some((one) => isCalled(name, one));

  // On this machine alone, and at full length. The library reads QUICK while it is loaded.
  delete process.env.RUNS_REDIS_URL;
  delete process.env.QUICK;
  const all = chapterExperiments(loadLibrary("index"));
  const unknown = only?.filter((one) => !EXTRAS.includes(one) && !all.some(({ id }) => isCalled(id, one)));
  if (unknown?.length) throw new CommandError(`--only: there is no ${unknown.join(" and no ")}`, { showUsage: true });

  const onMachine = machine();
  for (const line of Object.values(onMachine)) console.log(String(line));
  if (loadavg()[0] > 0.5)
    console.log(
      `Something else is running (load ${loadavg()[0].toFixed(1)}): these numbers will be worse than the machine could do.`,
    );

  const chapter = await measureExperiments(
    all.filter(({ id }) => isWanted(id)),
    repeats,
  );
  const results: Results = { machine: onMachine, repeats, ...chapter };
  const [sgd] = all[0].specs;
  if (isWanted("step")) results.step = await measureStep(sgd);
  if (isWanted("backends")) results.backends = await measureBackends();
  if (isWanted("threads")) results.threads = await measureThreads(values.pytorch);
  if (isWanted("start")) results.start = measureStart();
  if (isWanted("linear")) results.linear = await measureLinear(sgd);
  if (isWanted("memory")) results.memory = await measureMemory();

  console.log(`\n${table(results)}`);
  if (!only) write(results);
}

/** Whether a name given to `--only` covers this one: `6-23` covers `6-23 left` and `6-23 right`. */
function isCalled(name: string, one: string): boolean {
  return name === one || name.startsWith(`${one} `);
}

async function measureExperiments(
  experiments: Experiment[],
  repeats: number,
): Promise<Pick<Results, "peak" | "started" | "experiments">> {
  let started = 0;
  const peaks: Results["peak"][] = [];
  const turns = experiments.map((): { seconds: number; operations: number; listed: number; tuned: number }[] => []);
  for (let repeat = 1; repeat <= repeats; repeat++) {
    console.log(`\nRound ${repeat}`);
    // The chapter figure by figure, as a reader executes it: first here, then in NumPy.
    for (const [i, { id, specs }] of experiments.entries()) {
      const rates = await peak(); // for each of them, as the machine's speed drifts
      peaks.push(rates);
      const { start, seconds, operations } = await ours(specs);
      started ||= start;
      turns[i].push({ seconds, operations, listed: 0, tuned: 0 });
      console.log(
        `${id}: ${seconds.toFixed(2)} s; 1024³ products at ${rates.one.toFixed(0)} GFLOP/s, ` +
          `one per core at ${rates.each.toFixed(0)}`,
      );
    }
    for (const [i, { id, specs }] of experiments.entries()) {
      const listed = await numpy(numpyPrograms.listed, specs);
      const tuned = await numpy(numpyPrograms.tuned, specs);
      Object.assign(turns[i][repeat - 1], { listed, tuned });
      console.log(`${id}: NumPy ${listed.toFixed(2)} s as listed, ${tuned.toFixed(2)} s tuned`);
    }
  }
  return {
    peak: { one: median(peaks, ({ one }) => one)!, each: median(peaks, ({ each }) => each)! },
    started,
    experiments: experiments.map(({ id, runs }, i) => {
      const of = (what: "seconds" | "listed" | "tuned") => median(turns[i], (turn) => turn[what])!;
      const { operations } = turns[i][0];
      const [seconds, listed, tuned] = [of("seconds"), of("listed"), of("tuned")];
      return { id, runs, seconds, listed, tuned, gflops: operations / seconds / 1e9, operations };
    }),
  };
}

async function measureStep(sgd: RunSpec): Promise<Results["step"]> {
  console.log("\nOne step …");
  const alone: number[] = [];
  const together: number[] = [];
  // Alternately, because the machine's speed drifts.
  for (let turn = 1; turn <= 3; turn++) {
    alone.push(...(await inProcesses("step")));
    together.push(...(await inProcesses("step", { processes: 2 })));
  }
  const updates: RunSpec = { ...sgd, record: [], iterations: 2000 };
  const listed = (await numpy(numpyPrograms.listed, [updates])) / 2;
  const tuned = (await numpy(numpyPrograms.tuned, [updates])) / 2;
  return { alone: median(alone)!, together: median(together)!, listed, tuned };
}

async function measureBackends(): Promise<Results["backends"]> {
  console.log("\nOne step on each backend …");
  return inTurns(["tensorflow", "wasm", "cpu"], async (TRAINING_BACKEND) => {
    const [ms] = await inProcesses("step", { environment: { TRAINING_BACKEND } });
    return ms;
  });
}

async function measureThreads(pytorch?: string): Promise<Results["threads"]> {
  const rows: Results["threads"] = [];
  for (const width of [1000, 2000]) {
    console.log(`One step with three layers of ${width} …`);
    const sizes = [width, width, width];
    const ours = await inTurns(["1", "2"], async (TRAINING_THREADS) => {
      const [ms] = await inProcesses("step", { sizes, environment: { TRAINING_THREADS } });
      return ms;
    });
    const theirs = pytorch && (await inTurns(["1", "2"], (threads) => stepInPyTorch(pytorch, sizes, Number(threads))));
    for (const threads of ["1", "2"])
      rows.push({ width, threads: Number(threads), ours: ours[threads], ...(theirs && { pytorch: theirs[threads] }) });
  }
  return rows;
}

/** The median of three measurements of each variant, in turns, because the machine's speed drifts. */
async function inTurns(
  variants: string[],
  measure: (variant: string) => number | Promise<number>,
): Promise<Record<string, number>> {
  const times: Record<string, number[]> = Object.fromEntries(variants.map((variant) => [variant, []]));
  for (let turn = 1; turn <= 3; turn++) for (const variant of variants) times[variant].push(await measure(variant));
  return Object.fromEntries(variants.map((variant) => [variant, median(times[variant])!]));
}

function measureStart(): Results["start"] {
  console.log("The first import …");
  return { import: median([1, 2, 3], firstImport)! };
}

async function measureLinear(sgd: RunSpec): Promise<Results["linear"]> {
  console.log("Twice the updates, twice the runs …");
  const times = async (runs: number, iterations: number) =>
    (await ours(Array.from({ length: runs }, (_, i) => ({ ...sgd, iterations, seed: i + 1 })))).seconds;
  return {
    updates: { 1000: await times(2, 1000), 2000: await times(2, 2000), 4000: await times(2, 4000) },
    runs: { 2: await times(2, 1000), 4: await times(4, 1000), 8: await times(8, 1000) },
  };
}

async function measureMemory(): Promise<Results["memory"]> {
  console.log("20,000 steps …");
  const [samples] = await inProcesses("memory");
  return samples;
}

function write(results: Results): void {
  const folder = join(root, "scripts/bench/results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "bench.json"), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(folder, "bench.md"), `${table(results)}\n`);
  writeFileSync(join(folder, "bench.svg"), chart(results));
  console.log(`\nWritten to ${folder}.`);
}
