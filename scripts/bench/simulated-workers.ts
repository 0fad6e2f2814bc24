// Simulated workers in their own process, started by saturation.ts: they do all that real ones do, but wait instead of
// training. The process reports when they are ready, and exits when told to.
import { Worker } from "bullmq";
import { loadLibrary } from "../library.js";

const [, , url, count, durations, history] = process.argv;
const { QUEUE } = loadLibrary("experiments/remote/jobs");
const { execute } = loadLibrary("experiments/remote/serve");
const waitsMs = JSON.parse(durations) as number[];

type Execute = typeof execute;
type SimulatedWorker = Parameters<Execute>[1];
type Runner = Parameters<Execute>[2];

const result = JSON.parse(history) as Awaited<ReturnType<Runner["run"]>>;

const runner: Runner = {
  async run({ seed }, { onProgress } = {}) {
    const ticking = setInterval(() => onProgress?.(0, 197), 500);
    await new Promise((resolve) => setTimeout(resolve, waitsMs[seed % waitsMs.length]));
    clearInterval(ticking);
    return result;
  },
  close: async () => {},
};
const workers = Array.from({ length: Number(count) }, () => {
  const worker: SimulatedWorker = new Worker(QUEUE, (job) => execute(job, worker, runner), {
    connection: { url, maxRetriesPerRequest: null },
  });
  worker.on("error", console.error);
  return worker;
});
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
process.send?.("ready");
process.once("disconnect", () => process.exit());
process.once("message", () => void Promise.all(workers.map((worker) => worker.close())).then(() => process.exit()));
