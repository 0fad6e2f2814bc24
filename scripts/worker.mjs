// @ts-check
// Takes training runs from a Redis and executes them on this machine: `npm run worker -- --help`.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { setUp } from "./setup.mjs";

const USAGE = `Takes training runs from a Redis and executes them here, until stopped.

  RUNS_REDIS_URL=redis://USER:PASSWORD@HOST:PORT npm run worker -- [--processes N] [--silence S]

  RUNS_REDIS_URL     where searches put their runs; rediss://… speaks TLS
                     (NODE_EXTRA_CA_CERTS=ca.pem for a certificate authority of your own)
  --processes N      runs side by side, each on one core; default: one a core (here ${availableParallelism()})
  --silence S        seconds without a sign of life after which a worker's runs
                     are given to another; the same on all machines; default: 30

Ctrl-C lets the present runs end first; a second one leaves them to other workers.
A run is a description that is checked here again. Code is never taken from Redis.`;

const { values } = (() => {
  try {
    return parseArgs({
      options: { processes: { type: "string" }, silence: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    fail(/** @type {Error} */ (error).message);
  }
})();
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const processes = whole("processes", values.processes);
const silence = whole("silence", values.silence);
const url = process.env.RUNS_REDIS_URL;
if (!url) fail("RUNS_REDIS_URL is not set");

await setUp();
const { serveRuns } = await import("../lib/dist/experiments/remote/queue.js");
const worker = await serveRuns(url, { processes, silence: silence && silence * 1000 }).catch((error) =>
  fail(error.message),
);

console.log(`Executing up to ${worker.concurrency} runs at a time.`);
worker.on("completed", (job) =>
  console.log(`${job.id?.slice(0, 12)} done in ${(Date.now() - (job.processedOn ?? 0)) / 1000} s`),
);
worker.on("failed", (job, error) => console.warn(`${job?.id?.slice(0, 12)} failed: ${error.message}`));

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (stopping) process.exit(1);
    stopping = true;
    console.log("Ending the present runs; once more to leave them to other workers.");
    void worker.close();
  });
}

/** @param {string} name @param {string | undefined} text */
function whole(name, text) {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) fail(`--${name}: expected a whole number from 1 on, got ${text}`);
  return Number(text);
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(1);
}
