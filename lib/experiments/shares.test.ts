import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { run } from "./run";
import { runAll, RunsFailed } from "./run-all";
import { mergeShares, sharesOf } from "./shares";
import { updatesOf, type RunSpec } from "./spec";

const spec: RunSpec = {
  data: { images: 200, validation: 50 },
  network: { inputSize: 784, hiddenSizes: [20], outputSize: 10, dropoutRate: 0.2 },
  optimizer: { name: "Adam", learningRate: 0.01 },
  batchSize: 50,
  epochs: 7,
  record: ["loss", "trainAccuracy", "validationAccuracy"],
  seed: 1,
};

test("shares: as many as there are processes and sense, one after the other from the first update to the last", () => {
  const count = (change: Partial<RunSpec>, processes: number) => {
    const shares = sharesOf({ ...spec, ...change }, processes);
    const ends = shares.map(({ to }) => to);
    assert.deepEqual(shares.map(({ from }) => from), [0, ...ends.slice(0, -1)]);
    assert.equal(ends.at(-1), updatesOf({ ...spec, ...change }));
    return shares.length;
  };
  assert.equal(count({}, 1), 1);
  assert.equal(count({}, 2), 2);
  assert.equal(count({ epochs: 70 }, 64), 4);
  assert.equal(count({ epochs: 1 }, 64), 1);
  assert.equal(count({ record: ["loss"] }, 2), 2);
  assert.equal(count({ epochs: undefined, iterations: 9, record: ["loss"] }, 2), 2);
  assert.equal(count({ record: [] }, 2), 1);
});

for (const [name, dropoutRate, draws] of [["what trains further measures less", undefined, 0], ["with Dropout, masks are drawn too", 0.2, 20]] as const) {
  test(`shares end at about the same time: ${name}`, () => {
    // By hand: 784·20 + 20·10 = 15,880 multiplications an image forward, 3 · 15,880 − 15,680 = 31,960 with backward.
    const { batchSize } = spec;
    const training = batchSize * (1.5 * 31_960 + 500 * draws); // of an update
    const measuring = (batchSize + 200 / 3) * 15_880; // the batch's loss; 150 + 50 images every third update
    const shares = sharesOf({ ...spec, network: { ...spec.network, dropoutRate }, epochs: 1000 }, 3);
    const times = shares.map(({ from, to }) => to * training + (to - from) * measuring);
    for (const time of times) assert.ok(Math.abs(time / times[0] - 1) < 0.01, String(times));
  });
}

const history = { iterations: 9, testAccuracy: [], divergedAt: null };

test("shares are put together one after the other", () => {
  const merged = mergeShares([
    { ...history, iterations: 6, loss: [3, 2], trainAccuracy: [0.1], validationAccuracy: [0.2, 0.3] },
    { ...history, loss: [1], trainAccuracy: [0.4], validationAccuracy: [] },
  ]);
  assert.deepEqual(merged, { ...history, loss: [3, 2, 1], trainAccuracy: [0.1, 0.4], validationAccuracy: [0.2, 0.3] });
});

test("after the share in which training diverged, nothing that was measured counts", () => {
  const merged = mergeShares([
    { ...history, iterations: 4, loss: [3], trainAccuracy: [0.1], validationAccuracy: [] },
    { ...history, iterations: 5, divergedAt: 5, loss: [2, null], trainAccuracy: [null], validationAccuracy: [] },
    { ...history, iterations: 7, divergedAt: 7, loss: [1, null], trainAccuracy: [0.1], validationAccuracy: [] },
  ]);
  const expected = { iterations: 5, divergedAt: 5, loss: [3, 2, null, null, null], trainAccuracy: [0.1, null, null] };
  assert.deepEqual(merged, { ...history, ...expected, validationAccuracy: [] });
});

const late: Partial<RunSpec> = { optimizer: { name: "SGD", learningRate: 1.7 }, network: { ...spec.network, weightDecay: 1 }, epochs: 20 };

test("the run that stands for late divergence diverges in its second share", async () => {
  const { divergedAt } = await run({ ...spec, ...late });
  assert.ok(divergedAt! > sharesOf({ ...spec, ...late }, 2)[1].from, String(divergedAt));
});

const kinds: [name: string, change: Partial<RunSpec>][] = [
  ["one that learns", {}],
  ["one of which the loss alone is recorded", { epochs: undefined, iterations: 50, record: ["loss"] }],
  ["one that diverges", { optimizer: { name: "SGD", learningRate: 1e20 } }],
  ["one that diverges late", late],
  ["one whose loss alone tells that it diverged", { optimizer: { name: "SGD", learningRate: 1e20 }, epochs: undefined, iterations: 50, record: ["loss"] }],
];
for (const [name, change] of kinds) {
  test(`a run that has processes to itself gives the same history: ${name}`, async () => {
    const alone = await run({ ...spec, ...change });
    for (const workers of [2, 3, 4]) assert.deepEqual(await runAll([{ ...spec, ...change }], { workers }), [alone]);
  });
}

test("of three runs for two processes the last is shared, with the same histories", async () => {
  const specs = [1, 2, 3].map((seed) => ({ ...spec, seed }));
  assert.deepEqual(await runAll(specs, { workers: 2 }), await Promise.all(specs.map((spec) => run(spec))));
});

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
