// @ts-check
// npm run bench: the chapter's experiments on MNIST here and in NumPy, and what a step, a start and a long run cost.
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { readCommandLine } from "../command-line.mjs";
import { setUp } from "../setup.mjs";

const usage = `Measures the chapter's nine experiments on MNIST in the library and in NumPy, in turns, and a step, the start and a long run.

  npm run bench                                  all of it, three times: half an hour on two cores
  npm run bench -- --repeats 1 --only 6-9,step   some of it, once

  --repeats N    how often each experiment is measured (3); medians are reported
  --only NAMES   of 6-9, 6-15, 6-18, 6-19, 6-20, 6-21, 6-23, 6-24, step, start, linear, memory

Everything else on the machine should rest meanwhile. A complete measurement is written to scripts/bench/results/.`;

const { values } = readCommandLine(usage, {
  options: { repeats: { type: "string", default: "3" }, only: { type: "string" } },
});
const repeats = Number(values.repeats);
if (!Number.isInteger(repeats) || repeats < 1)
  fail(`--repeats: expected a whole number from 1 on, got ${values.repeats}`);
const only = values.only?.split(",");
const wanted = (/** @type {string} */ name) =>
  !only || only.some((/** @type {string} */ one) => name === one || name.startsWith(`${one} `));

await setUp();
// Here, not on other machines, and with all of the counts. The library reads QUICK as it is loaded.
delete process.env.RUNS_REDIS_URL;
delete process.env.QUICK;
// Only now, as set-up may have built the library.
const { firstImport, inProcesses, machine, median, numpy, numpyPrograms, ours, peak } = await import("./measure.mjs");
const { chart, log, table } = await import("./report.mjs");
const { chapterExperiments } = await import("./experiments.mjs");
const { library } = await import("./library.mjs");

const experiments = chapterExperiments(library).filter(({ id }) => wanted(id));
const extras = ["step", "start", "linear", "memory"];
const unknown = only?.filter(
  (/** @type {string} */ one) =>
    !extras.includes(one) && !experiments.some(({ id }) => id === one || id.startsWith(`${one} `)),
);
if (unknown?.length) fail(`--only: there is no ${unknown.join(" and no ")}`);

/** @type {import("./report.mjs").Results} */
const results = { machine: machine(), repeats, peak: { one: 0, each: 0 }, started: 0, experiments: [] };
for (const line of Object.values(results.machine)) log(String(line));
if (loadavg()[0] > 0.5)
  log(`Something else is running (load ${loadavg()[0].toFixed(1)}): these numbers will be worse than the machine's.`);

const peaks = [];
const turns = experiments.map(
  () => /** @type {{ seconds: number, operations: number, listed: number, tuned: number }[]} */ ([]),
);
for (let repeat = 1; repeat <= repeats; repeat++) {
  log(`\nTurn ${repeat}`);
  // The chapter from figure to figure, as a reader executes it, here and then there.
  for (const [i, { id, specs }] of experiments.entries()) {
    peaks.push(await peak()); // beside each of them, as the machine's speed drifts
    const { start, seconds, operations } = await ours(specs);
    results.started ||= start;
    turns[i].push({ seconds, operations, listed: 0, tuned: 0 });
    const { one, each } = peaks[peaks.length - 1];
    log(
      `${id}: ${seconds.toFixed(2)} s; 1024³ products at ${one.toFixed(0)} GFLOP/s, one a core at ${each.toFixed(0)}`,
    );
  }
  for (const [i, { id, specs }] of experiments.entries()) {
    const listed = await numpy(numpyPrograms.listed, specs);
    const tuned = await numpy(numpyPrograms.tuned, specs);
    Object.assign(/** @type {object} */ (turns[i].at(-1)), { listed, tuned });
    log(`${id}: NumPy ${listed.toFixed(2)} s as listed, ${tuned.toFixed(2)} s tuned`);
  }
}
results.peak = { one: median(peaks.map(({ one }) => one)), each: median(peaks.map(({ each }) => each)) };
results.experiments = experiments.map(({ id, runs }, i) => {
  const of = (/** @type {"seconds" | "listed" | "tuned"} */ what) => median(turns[i].map((turn) => turn[what]));
  const operations = turns[i][0].operations;
  const [seconds, listed, tuned] = [of("seconds"), of("listed"), of("tuned")];
  return { id, runs, seconds, listed, tuned, gflops: operations / seconds / 1e9, operations };
});

const [sgd] = chapterExperiments(library)[0].specs;
if (wanted("step")) {
  log("\nOne step …");
  const updates = { ...sgd, record: /** @type {const} */ ([]), iterations: 2000 };
  /** @type {number[]} */
  const alone = [];
  /** @type {number[]} */
  const together = [];
  // In turns, because the machine's speed drifts.
  for (let turn = 1; turn <= 3; turn++) {
    alone.push(...(await inProcesses("step")));
    together.push(...(await inProcesses("step", 2)));
  }
  const listed = (await numpy(numpyPrograms.listed, [{ ...updates, record: [] }])) / 2;
  const tuned = (await numpy(numpyPrograms.tuned, [{ ...updates, record: [] }])) / 2;
  results.step = { alone: median(alone), together: median(together), listed, tuned };
}
if (wanted("start")) {
  log("The first import …");
  results.start = { import: median([1, 2, 3].map(firstImport)) };
}
if (wanted("linear")) {
  log("Twice the updates, twice the runs …");
  const times = async (/** @type {number} */ runs, /** @type {number} */ iterations) =>
    (await ours(Array.from({ length: runs }, (_, i) => ({ ...sgd, iterations, seed: i + 1 })))).seconds;
  results.linear = {
    updates: { 1000: await times(2, 1000), 2000: await times(2, 2000), 4000: await times(2, 4000) },
    runs: { 2: await times(2, 1000), 4: await times(4, 1000), 8: await times(8, 1000) },
  };
}
if (wanted("memory")) {
  log("20,000 steps …");
  const [samples] = await inProcesses("memory");
  results.memory = samples;
}

log(`\n${table(results)}`);
if (!only) {
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL("bench.json", folder), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(new URL("bench.md", folder), `${table(results)}\n`);
  writeFileSync(new URL("bench.svg", folder), chart(results));
  log(`\nWritten to ${fileURLToPath(folder)}.`);
}

/** @param {string} message */
function fail(message) {
  console.error(`${message}\n\n${usage}`);
  process.exit(1);
}
