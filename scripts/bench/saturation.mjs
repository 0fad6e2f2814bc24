// @ts-check
// How many workers one Redis can serve: real Redis, real queue, real search, and 1 … 1,000 workers, each with its own
// connections, that do all but train: they wait as long as a recorded run would take. The workers share this machine's cores with
// Redis and the search, which real ones would not: where it saturates here is a lower bound.
// Writes saturation.json and saturation.svg beside this file. Usage: node scripts/bench/saturation.mjs
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "bullmq";
import { setUp } from "../setup.mjs";

const WORKERS = [1, 3, 10, 30, 100, 300, 1000];
/** Each worker's connections and timers cost memory: so many share a process. */
const A_PROCESS = 250;
/** Runs of figure 6-24 as they are, and ten times as long. */
const SCALES = [1, 10];
/** Runs that each worker gets on average. */
const RUNS_EACH = 5;

const [, , role, url, count, durations, history] = process.argv;
if (role === "workers") await pretend();
else await measure();

/** What a process of simulated workers does: all that real ones do, but to wait in place of training. */
async function pretend() {
  const { QUEUE, execute } = await import("../../lib/dist/experiments/remote/queue.js");
  const waits = JSON.parse(durations);
  const result = JSON.parse(history);
  /** @type {import("../../lib/dist/experiments/runner.js").Runner} */
  const runner = {
    async run({ seed }, { onProgress } = {}) {
      const ticking = setInterval(() => onProgress?.(0, 197), 500);
      await new Promise((resolve) => setTimeout(resolve, waits[seed % waits.length]));
      clearInterval(ticking);
      return result;
    },
    close: async () => {},
  };
  const workers = Array.from({ length: Number(count) }, () => {
    /** @type {import("bullmq").Worker} */
    const worker = new Worker(QUEUE, (job) => execute(job, worker, runner), {
      connection: { url, maxRetriesPerRequest: null },
    });
    worker.on("error", console.error);
    return worker;
  });
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  process.send?.("ready");
  process.once("disconnect", () => process.exit());
  process.once("message", () => void Promise.all(workers.map((worker) => worker.close())).then(() => process.exit()));
}

async function measure() {
  await setUp();
  const { RedisForTests } = await import("../../lib/dist/testing/redis.js");
  const { RunQueue } = await import("../../lib/dist/experiments/remote/queue.js");

  const { waits, history } = await record();
  const mean = waits.reduce((a, b) => a + b) / waits.length / 1000;
  console.log(`recorded ${waits.length} runs of ${mean.toFixed(2)} s on average, histories of ${history.length} bytes`);

  const series = [];
  for (const scale of SCALES) {
    const points = [];
    for (const workers of WORKERS) {
      const redis = await RedisForTests.start();
      const scaled = JSON.stringify(waits.map((ms) => ms * scale));
      const children = [];
      for (let left = workers; left > 0; left -= A_PROCESS) {
        const some = String(Math.min(left, A_PROCESS));
        children.push(fork(fileURLToPath(import.meta.url), ["workers", redis.url, some, scaled, history]));
      }
      await Promise.all(children.map((child) => once(child, "message")));
      const queue = await RunQueue.connect(redis.url);
      const runs = workers * RUNS_EACH;
      const start = performance.now();
      await Promise.all(Array.from({ length: runs }, (_, seed) => queue.run(trial(seed))));
      const seconds = (performance.now() - start) / 1000;
      points.push({ workers, runs, seconds: round(seconds), runsPerSecond: round(runs / seconds) });
      console.log(
        `${workers} workers, runs of ${(mean * scale).toFixed(2)} s: ${(runs / seconds).toFixed(1)} runs a second`,
      );
      await queue.close();
      for (const child of children) {
        child.send("stop");
        await once(child, "exit");
      }
      await redis.stop();
    }
    series.push({ secondsPerRun: round(mean * scale), points });
  }
  const data = { machine: `${cpus().length} cores, ${cpus()[0].model}`, historyBytes: history.length, series };
  writeFileSync(new URL("saturation.json", import.meta.url), JSON.stringify(data, null, 2) + "\n");
  writeFileSync(new URL("saturation.svg", import.meta.url), draw(data));
}

/** The durations, in ms, of 20 real trials, and one of their histories. A run has one thread: on a free core it takes as long as its processor time. */
async function record() {
  const { run } = await import("../../lib/dist/experiments/run.js");
  const waits = [];
  let history = "";
  await run(trial(0));
  for (let seed = 0; seed < 20; seed++) {
    const before = process.cpuUsage();
    history = JSON.stringify(await run(trial(seed)));
    const { user, system } = process.cpuUsage(before);
    waits.push(Math.round((user + system) / 1000));
  }
  return { waits, history };
}

/** @param {number} seed */
function trial(seed) {
  return /** @type {import("../../lib/dist/experiments/spec.js").RunSpec} */ ({
    data: { images: 500, validation: 100, shuffleSeed: 0 },
    network: { inputSize: 784, hiddenSizes: [100, 100, 100, 100, 100, 100], outputSize: 10 },
    optimizer: { name: "SGD", learningRate: 0.01 },
    batchSize: 100,
    epochs: 50,
    record: ["trainAccuracy", "validationAccuracy"],
    seed,
  });
}

/** Runs a second against workers, both logarithmic, with what would be without any waiting for Redis dashed. */
function draw(
  /** @type {{ machine: string, series: { secondsPerRun: number, points: { workers: number, runsPerSecond: number }[] }[] }} */ data,
) {
  const [width, height, left, right, top, bottom] = [640, 400, 64, 150, 24, 52];
  const x = (/** @type {number} */ n) => left + (Math.log10(n) / 3) * (width - left - right);
  const y = (/** @type {number} */ rate) => height - bottom - ((Math.log10(rate) + 1) / 4.5) * (height - top - bottom);
  const path = (/** @type {number[][]} */ points) =>
    points.map(([a, b], i) => `${i ? "L" : "M"}${x(a).toFixed(1)},${y(b).toFixed(1)}`).join("");
  const colors = ["#0072b2", "#d55e00"];
  const parts = [];
  for (const n of [1, 10, 100, 1000]) {
    parts.push(
      `<path d="M${x(n)},${top}V${height - bottom}" stroke="#ddd"/><text x="${x(n)}" y="${height - bottom + 18}" text-anchor="middle">${n.toLocaleString("en")}</text>`,
    );
  }
  for (const rate of [0.1, 1, 10, 100, 1000]) {
    parts.push(
      `<path d="M${left},${y(rate)}H${width - right}" stroke="#ddd"/><text x="${left - 8}" y="${y(rate) + 4}" text-anchor="end">${rate.toLocaleString("en")}</text>`,
    );
  }
  data.series.forEach(({ secondsPerRun, points }, i) => {
    const last = points[points.length - 1];
    parts.push(
      `<path d="${path([1, last.workers].map((n) => [n, n / secondsPerRun]))}" fill="none" stroke="${colors[i]}" stroke-dasharray="5 4"/>`,
    );
    parts.push(
      `<path d="${path(points.map((p) => [p.workers, p.runsPerSecond]))}" fill="none" stroke="${colors[i]}" stroke-width="2"/>`,
    );
    for (const p of points)
      parts.push(`<circle cx="${x(p.workers)}" cy="${y(p.runsPerSecond)}" r="3.5" fill="${colors[i]}"/>`);
    parts.push(
      `<text x="${x(last.workers) + 8}" y="${y(last.runsPerSecond) + (i ? 14 : 4)}" fill="${colors[i]}">runs of ${Number(secondsPerRun.toPrecision(2))} s</text>`,
    );
  });
  parts.push(
    `<text x="${(left + width - right) / 2}" y="${height - 14}" text-anchor="middle">simulated workers</text>`,
  );
  parts.push(
    `<text transform="translate(16 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">runs a second</text>`,
  );
  const alt =
    "Runs a second against the number of simulated workers, from 1 to 1,000; dashed, what the workers could do if nothing ever waited for Redis";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${alt}" font-family="Open Sans, sans-serif" font-size="13" fill="#333">
<title>${alt}</title><rect width="100%" height="100%" fill="white"/>
${parts.join("\n")}
</svg>
`;
}

/** @param {number} value */
function round(value) {
  return Number(value.toPrecision(3));
}
