import test from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { CLONE } from "../../clone";
import { children } from "../../testing/children";
import { acquireProcesses, releaseProcesses } from "./processes";
import { runAll } from "../run-all";
import type { RunSpec } from "../spec";

const specs = [1, 2].map((seed): RunSpec => ({
  data: { images: 100 },
  network: { inputSize: 784, hiddenSizes: [10], outputSize: 10 },
  optimizer: { name: "SGD", learningRate: 0.1 },
  batchSize: 10,
  iterations: 10,
  record: ["loss"],
  seed,
}));

/** Processes of this machine that live and are not only waited for. */
const alive = (pids: number[]) => pids.filter((pid) => existsSync(`/proc/${pid}/exe`));

async function gone(pids: number[]): Promise<void> {
  for (let i = 0; i < 100 && alive(pids).length > 0; i++) await pause(50);
  assert.deepEqual(alive(pids), []);
}

test("the next runs find the processes that executed the last ones", async () => {
  const first = await runAll(specs, { workers: 2 });
  const pids = children();
  assert.equal(pids.length, 2);
  assert.deepEqual(await runAll(specs, { workers: 2 }), first);
  assert.deepEqual(children(), pids);
});

test("another number of processes, or a library compiled anew, gets others, and the old ones end", async () => {
  await runAll(specs, { workers: 2 });
  const two = children();
  await runAll(specs, { workers: 1 });
  await gone(two);
  const [one, ...others] = children();
  assert.deepEqual(others, []);

  const compiled = join(__dirname, "worker.js");
  const { atime, mtime } = statSync(compiled);
  try {
    // While they run: what was started before is old from now on.
    await runAll(specs, { workers: 1, onProgress: () => utimesSync(compiled, atime, new Date(Date.now() + 1000)) });
    assert.deepEqual(children(), [one]);
    await runAll(specs, { workers: 1 });
    await gone([one]);
  } finally {
    utimesSync(compiled, atime, mtime);
  }
});

test("processes that died meanwhile are replaced", async () => {
  const histories = await runAll(specs, { workers: 2 });
  const [first] = children();
  process.kill(first, "SIGKILL");
  await gone([first]);
  await pause(50); // until Node has been told
  assert.deepEqual(await runAll(specs, { workers: 2 }), histories);
});

test("processes that have rested long enough have ended before anything else is done", async (t) => {
  const pool = acquireProcesses(2);
  // With all images in their memory, which takes a while to be freed.
  await Promise.all(specs.map((spec) => pool.exec("readImages", [{ ...spec, data: { images: 60_000 } }])));
  const pids = children();
  assert.equal(alive(pids).length, 2);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await releaseProcesses(pool);
  t.mock.timers.tick(5 * 60_000 - 1);
  assert.equal(alive(pids).length, 2);
  t.mock.timers.tick(1);
  assert.deepEqual(
    pids.filter((pid) => readdirSync(`/proc/${pid}/task`).length > 1),
    [],
  );
  assert.deepEqual(alive(pids), []);
});

test("runs side by side do not share processes, and only as many stay as one of them had", async () => {
  await Promise.all([runAll(specs, { workers: 2 }), runAll(specs, { workers: 2 })]);
  const pids = children();
  for (let i = 0; i < 100 && alive(pids).length > 2; i++) await pause(50);
  assert.equal(alive(pids).length, 2);
});

test("aborted runs leave no busy processes", async () => {
  const abort = new AbortController();
  const endless = specs.map((spec) => ({ ...spec, iterations: 1e7 }));
  await assert.rejects(
    runAll(endless, { workers: 2, signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) }),
    /enough/,
  );
  await gone(children());
});

test("a program ends when it has nothing else to do, and its processes with it", async () => {
  const program = `
    const { runAll } = require(${JSON.stringify(join(CLONE, "lib"))});
    const { children } = require(${JSON.stringify(join(CLONE, "lib/dist/testing/children"))});
    runAll(${JSON.stringify(specs)}, { workers: 2 }).then(() => console.log(JSON.stringify([children(), Date.now()])));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", program]);
  const [pids, done] = JSON.parse(stdout) as [number[], number];
  assert.equal(pids.length, 2);
  assert.ok(Date.now() - done < 3000, `it took ${Date.now() - done} ms to end`);
  await gone(pids);
});
