import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { run } from "./run";
import { runAll, RunsFailed } from "./run-all";
import { mergeShares, sharesOf } from "./shares";
import type { RunSpec } from "./spec";

const spec: RunSpec = {
  data: { images: 200, validation: 50 },
  network: { inputSize: 784, hiddenSizes: [20], outputSize: 10, dropoutRate: 0.2 },
  optimizer: { name: "Adam", learningRate: 0.01 },
  batchSize: 50,
  epochs: 7,
  record: ["loss", "trainAccuracy", "validationAccuracy"],
  seed: 1,
};

test("shares: as many as there are processes, epoch points and sense", () => {
  const of = (change: Partial<RunSpec>, processes: number) => sharesOf({ ...spec, ...change }, processes).map((share) => share.of);
  assert.deepEqual(of({}, 0), [1]);
  assert.deepEqual(of({}, 1), [1]);
  assert.deepEqual(of({}, 2), [2, 2]);
  assert.deepEqual(of({}, 64), [4, 4, 4, 4]);
  assert.deepEqual(of({ epochs: 3 }, 64), [3, 3, 3]);
  assert.deepEqual(of({ record: ["loss"] }, 64), [1]);
  assert.deepEqual(of({ epochs: undefined, iterations: 9 }, 64), [1]);
  assert.deepEqual(sharesOf(spec, 3).map(({ index }) => index), [0, 1, 2]);
});

test("shares are put together point by point", () => {
  const history = { iterations: 9, loss: [3, 2], testAccuracy: [], divergedAt: null };
  const parts = [[0.1, 0.4, 0.7], [0.2, 0.5], [0.3, 0.6]];
  const merged = mergeShares(parts.map((part) => ({ ...history, trainAccuracy: part, validationAccuracy: part.map((a) => a + 1) })));
  assert.deepEqual(merged, {
    ...history,
    trainAccuracy: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
    validationAccuracy: [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7],
  });
});

for (const [name, change] of [
  ["one that learns", {}],
  ["one that diverges", { optimizer: { name: "SGD", learningRate: 1e20 } }],
] as const) {
  test(`a run that has processes to itself gives the same history: ${name}`, async () => {
    const alone = await run({ ...spec, ...change });
    assert.equal(alone.trainAccuracy.length, 7);
    for (const workers of [2, 3, 4]) assert.deepEqual(await runAll([{ ...spec, ...change }], { workers }), [alone]);
  });
}

test("the progress of a shared run is that of its slowest share, and ends with all updates", async () => {
  const reports: number[] = [];
  await runAll([{ ...spec, epochs: 60 }], { workers: 2, onProgress: (_, done, total) => reports.push(done / total) });
  assert.deepEqual(reports, [...reports].sort((a, b) => a - b));
  assert.equal(reports.at(-1), 1);
  assert.equal(new Set(reports).size, reports.length);
});

test("a shared run ends when the signal is aborted, with its reason", async () => {
  const abort = new AbortController();
  const endless = { ...spec, epochs: 1e5 };
  await assert.rejects(
    runAll([endless], { workers: 2, signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) }),
    /^Error: enough$/,
  );
});

test("a shared run of which one process dies is one failed run, with its spec, and the others end", async () => {
  let killed = false;
  const onProgress = () => {
    if (killed) return;
    killed = true;
    const [first] = children();
    process.kill(first, "SIGKILL");
  };
  const endless = { ...spec, epochs: 1e5 };
  await assert.rejects(runAll([endless], { workers: 2, onProgress }), (error) => {
    assert.ok(error instanceof RunsFailed, String(error));
    assert.match(error.message, /^1 of 1 runs failed; run 0: [\s\S]*\nits spec: .*"epochs":100000/);
    return true;
  });
  assert.deepEqual(children(), []);
});

/** The processes of the pool: Linux lists a process's children in the order of their start. */
const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
