// @ts-check
// What the queue costs: the same runs on this machine's own processes, and through a Redis and one worker with as many
// processes, in turns. Two kinds of runs: the 100 trials of the chapter's search, and 100 of a single update, whose
// time is nearly all overhead. The best turn counts, as whatever else the machine does only ever adds.
// Usage: node scripts/bench/queue.mjs [TURNS]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { setUp } from "../setup.mjs";

await setUp();
const { RedisForTests } = await import("../../lib/dist/testing/redis.js");
const { openRunner } = await import("../../lib/dist/experiments/run-all.js");

const turns = Number(process.argv[2] ?? 3);
const processes = availableParallelism();
const redis = await RedisForTests.start();
const worker = spawn(process.execPath, [fileURLToPath(new URL("../worker.mjs", import.meta.url))], {
  env: { ...process.env, RUNS_REDIS_URL: redis.url },
  stdio: ["ignore", "pipe", "inherit"],
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
process.on("exit", () => worker.kill("SIGKILL"));
try {
  await once(worker.stdout.resume(), "data");
  for (const [what, epochs] of /** @type {const} */ ([
    ["single updates", 1],
    ["trials", 50],
  ])) {
    const [here, queue] = await compare(Array.from({ length: 100 }, (_, seed) => trial(seed, epochs)));
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

/** Both ways in turns; the histories must be equal. @param {import("../../lib/dist/experiments/spec.js").RunSpec[]} specs */
async function compare(specs) {
  const ways = [{}, { redisUrl: redis.url }];
  const best = ways.map(() => ({ seconds: Infinity, besides: Infinity }));
  const histories = ["", ""];
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, way] of ways.entries()) {
      const runner = await openRunner(way);
      // Processes start, load TensorFlow and the images.
      await Promise.all(Array.from({ length: processes }, (_, p) => runner.run(trial(1000 + turn * processes + p, 2))));
      const [start, besides] = [performance.now(), processorTime()];
      histories[i] = JSON.stringify(await Promise.all(specs.map((spec) => runner.run(spec))));
      best[i].seconds = Math.min(best[i].seconds, (performance.now() - start) / 1000);
      best[i].besides = Math.min(best[i].besides, processorTime() - besides);
      await runner.close();
    }
  }
  if (histories[0] !== histories[1]) throw new Error("the histories differ");
  return best;
}

/** Seconds that this process, the worker's first one and Redis have used; the processes that train are others. */
function processorTime() {
  const ticks = [process.pid, worker.pid, redis.pid].map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((a, b) => a + b) / 100;
}

/** A trial of figure 6-24, with a learning rate and a weight decay from its ranges. @param {number} seed @param {number} epochs */
function trial(seed, epochs) {
  return /** @type {import("../../lib/dist/experiments/spec.js").RunSpec} */ ({
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
  });
}
