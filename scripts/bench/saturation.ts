// npm run bench:saturation: how many workers one Redis can serve. Redis, queue and search are real; the 1 to 1,000
// workers, each with its own connections, do everything but train: they wait as long as a recorded run would take.
// Unlike real workers they share this machine's cores with Redis and the search, so the point of saturation is a lower
// bound.
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { mean } from "d3-array";
import { root } from "#setup/clone.mjs";
import { loadLibrary } from "../library.js";
import type { RunSpec } from "./experiments.js";

const WORKERS = [1, 3, 10, 30, 100, 300, 1000];
/** Connections and timers of a worker cost memory: this many share a process. */
const WORKERS_PER_PROCESS = 250;
/** Runs as long as those of figure 6-24, and ten times as long. */
const SCALES = [1, 10];
/** Runs that each worker gets on average. */
const RUNS_PER_WORKER = 5;

interface Saturation {
  machine: string;
  historyBytes: number;
  series: { secondsPerRun: number; points: Throughput[] }[];
}

interface Throughput {
  workers: number;
  runs: number;
  seconds: number;
  runsPerSecond: number;
}

export default async function benchSaturation(): Promise<void> {
  const { waitsMs, history } = await recordTrials();
  const meanSeconds = mean(waitsMs)! / 1000;
  console.log(
    `recorded ${waitsMs.length} runs of ${meanSeconds.toFixed(2)} s on average, histories of ${history.length} bytes`,
  );

  const series: Saturation["series"] = [];
  for (const scale of SCALES) {
    const points: Throughput[] = [];
    for (const workers of WORKERS) {
      const scaled = waitsMs.map((ms) => ms * scale);
      const runs = workers * RUNS_PER_WORKER;
      const seconds = await secondsWith(workers, runs, scaled, history);
      points.push({ workers, runs, seconds: round(seconds), runsPerSecond: round(runs / seconds) });
      console.log(
        `${workers} workers, runs of ${(meanSeconds * scale).toFixed(2)} s: ${(runs / seconds).toFixed(1)} runs per second`,
      );
    }
    series.push({ secondsPerRun: round(meanSeconds * scale), points });
  }
  const data = { machine: `${cpus().length} cores, ${cpus()[0].model}`, historyBytes: history.length, series };
  const folder = join(root, "scripts/bench");
  writeFileSync(join(folder, "saturation.json"), JSON.stringify(data, null, 2) + "\n");
  writeFileSync(join(folder, "saturation.svg"), draw(data));
}

/** Seconds that a search takes with simulated workers. */
async function secondsWith(workers: number, runs: number, waitsMs: number[], history: string): Promise<number> {
  const { RedisForTests } = loadLibrary("testing/redis");
  const { RunQueue } = loadLibrary("experiments/remote/client");
  const redis = await RedisForTests.start();
  const children = [];
  for (let left = workers; left > 0; left -= WORKERS_PER_PROCESS) {
    const count = String(Math.min(left, WORKERS_PER_PROCESS));
    const program = new URL("simulated-workers.js", import.meta.url);
    children.push(fork(program, [redis.url, count, JSON.stringify(waitsMs), history]));
  }
  await Promise.all(children.map((child) => once(child, "message")));
  const queue = await RunQueue.connect(redis.url);
  const start = performance.now();
  await Promise.all(Array.from({ length: runs }, (_, seed) => queue.run(trial(seed))));
  const seconds = (performance.now() - start) / 1000;
  await queue.close();
  for (const child of children) {
    child.send("stop");
    await once(child, "exit");
  }
  await redis.stop();
  return seconds;
}

/**
 * The times of 20 real trials, and one of their histories. A run has one thread, so on a free core it takes as long as
 * its processor time.
 */
async function recordTrials(): Promise<{ waitsMs: number[]; history: string }> {
  const { run } = loadLibrary("experiments/run");
  const waitsMs: number[] = [];
  let history = "";
  await run(trial(0));
  for (let seed = 0; seed < 20; seed++) {
    const before = process.cpuUsage();
    history = JSON.stringify(await run(trial(seed)));
    const { user, system } = process.cpuUsage(before);
    waitsMs.push(Math.round((user + system) / 1000));
  }
  return { waitsMs, history };
}

function trial(seed: number): RunSpec {
  return {
    data: { images: 500, validation: 100, shuffleSeed: 0 },
    network: { inputSize: 784, hiddenSizes: [100, 100, 100, 100, 100, 100], outputSize: 10 },
    optimizer: { name: "SGD", learningRate: 0.01 },
    batchSize: 100,
    epochs: 50,
    record: ["trainAccuracy", "validationAccuracy"],
    seed,
  };
}

/** Runs per second against workers, both logarithmic; dashed, the rate if nothing ever waited for Redis. */
function draw(data: Saturation): string {
  const [width, height, left, right, top, bottom] = [640, 400, 64, 150, 24, 52];
  const x = (n: number) => left + (Math.log10(n) / 3) * (width - left - right);
  const y = (rate: number) => height - bottom - ((Math.log10(rate) + 1) / 4.5) * (height - top - bottom);
  const path = (points: number[][]) =>
    points.map(([a, b], i) => `${i ? "L" : "M"}${x(a).toFixed(1)},${y(b).toFixed(1)}`).join("");
  const colors = ["#0072b2", "#d55e00"];
  const parts: string[] = [];
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
    `<text transform="translate(16 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">runs per second</text>`,
  );
  const alt =
    "Runs per second against the number of simulated workers, from 1 to 1,000; dashed, what the workers could do if nothing ever waited for Redis";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${alt}" font-family="Open Sans, sans-serif" font-size="13" fill="#333">
<title>${alt}</title><rect width="100%" height="100%" fill="white"/>
${parts.join("\n")}
</svg>
`;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
