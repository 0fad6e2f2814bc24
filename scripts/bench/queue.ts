// npm run bench:queue: the cost of the queue. The same runs alternately in this machine's own processes, and through a
// Redis and one worker with as many processes. Two kinds of runs: the 100 trials of the chapter's search, and 100 runs
// of a single update, whose time is nearly all overhead. The best turn counts, as other load can only add time.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { sum } from "d3-array";
import { root } from "#setup/clone.mjs";
import { loadLibrary } from "../library.js";
import { wholeNumber } from "../whole-number.js";
import type { RunSpec } from "./experiments.js";

/** Linux counts processor time in clock ticks. */
const TICKS_PER_SECOND = 100;

export default async function benchQueue(values: { turns: string }): Promise<void> {
  const turns = wholeNumber("turns", values.turns);
  const processes = availableParallelism();
  const { RedisForTests } = loadLibrary("testing/redis");
  const redis = await RedisForTests.start();
  const worker = spawn(process.execPath, [join(root, "scripts/cli.mjs"), "worker"], {
    env: { ...process.env, RUNS_REDIS_URL: redis.url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
  process.on("exit", () => worker.kill("SIGKILL"));
  // Training is done by other processes than these: by children of this one and of the worker.
  const besides = () => processorTime([process.pid, worker.pid!, redis.pid]);
  try {
    await once(worker.stdout.resume(), "data");
    for (const [what, epochs] of [
      ["single updates", 1],
      ["trials", 50],
    ] as const) {
      const specs = Array.from({ length: 100 }, (_, seed) => trial(seed, epochs));
      const [here, queue] = await compareWays(specs, redis.url, turns, processes, besides);
      console.log(`100 ${what}, ${processes} processes, best of ${turns}:`);
      console.log(`  here              ${here.seconds.toFixed(2)} s`);
      console.log(
        `  through the queue ${queue.seconds.toFixed(2)} s: ${(queue.seconds - here.seconds).toFixed(2)} s more`,
      );
      console.log(
        `  processor time besides training: ${here.besides.toFixed(2)} s here, ${queue.besides.toFixed(2)} s with the queue`,
      );
    }
  } finally {
    worker.kill();
    await redis.stop();
  }
}

/** Both ways alternately; their histories must be equal. */
async function compareWays(
  specs: RunSpec[],
  redisUrl: string,
  turns: number,
  processes: number,
  besidesTraining: () => number,
): Promise<{ seconds: number; besides: number }[]> {
  const { openRunner } = loadLibrary("experiments/run-all");
  const ways = [{}, { redisUrl }];
  const best = ways.map(() => ({ seconds: Infinity, besides: Infinity }));
  const histories = ["", ""];
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, way] of ways.entries()) {
      const runner = await openRunner(way);
      // Processes start, load TensorFlow and the images.
      await Promise.all(Array.from({ length: processes }, (_, p) => runner.run(trial(1000 + turn * processes + p, 2))));
      const [start, besides] = [performance.now(), besidesTraining()];
      histories[i] = JSON.stringify(await Promise.all(specs.map((spec) => runner.run(spec))));
      best[i].seconds = Math.min(best[i].seconds, (performance.now() - start) / 1000);
      best[i].besides = Math.min(best[i].besides, besidesTraining() - besides);
      await runner.close();
    }
  }
  if (histories[0] !== histories[1]) throw new Error("the histories differ");
  return best;
}

/** Processor seconds that processes have used. */
function processorTime(pids: number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return sum(ticks) / TICKS_PER_SECOND;
}

/** A trial of figure 6-24, with a learning rate and a weight decay from its ranges. */
function trial(seed: number, epochs: number): RunSpec {
  return {
    data: { images: 500, validation: 100, shuffleSeed: 0 },
    network: {
      inputSize: 784,
      hiddenSizes: [100, 100, 100, 100, 100, 100],
      outputSize: 10,
      weightDecay: 10 ** (-8 + (seed % 9) / 2),
    },
    optimizer: { name: "SGD", learningRate: 10 ** (-6 + (seed % 41) / 10) },
    batchSize: 100,
    epochs,
    record: ["trainAccuracy", "validationAccuracy"],
    seed,
  };
}
