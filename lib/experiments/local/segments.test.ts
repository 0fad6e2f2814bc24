import test from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { tf } from "../../engine/backend";
import type { History } from "../../trainer";
import * as optimizers from "../../optimizers";
import { run, runSegment } from "../run";
import { runAll, RunsFailed } from "../run-all";
import { updatesOf, type RunSpec } from "../spec";
import { children } from "../../testing/children";
import type { Checkpoint } from "../checkpoint";
import { mergeSegments, plan, segmentEnds } from "./segments";

const spec: RunSpec = {
  data: { images: 200, validation: 50 },
  network: { inputSize: 784, hiddenSizes: [20], outputSize: 10, dropoutRate: 0.2 },
  optimizer: { name: "Adam", learningRate: 0.01 },
  batchSize: 50,
  epochs: 7,
  record: ["loss", "trainAccuracy", "validationAccuracy"],
  seed: 1,
};

/** Long enough to be divided. */
const long: RunSpec = {
  ...spec,
  network: { ...spec.network, hiddenSizes: [50] },
  epochs: 80,
  record: ["loss", "testAccuracy"],
};

test("segments: a first one of a quarter of the others' length, from the first update to the last", () => {
  const chapter: RunSpec = {
    data: { images: 300 },
    network: { inputSize: 784, hiddenSizes: [100, 100, 100, 100, 100, 100], outputSize: 10 },
    optimizer: { name: "SGD", learningRate: 0.01 },
    batchSize: 100,
    epochs: 201,
    record: ["trainAccuracy", "testAccuracy"],
    seed: 1,
  };
  assert.deepEqual(segmentEnds(chapter, 4), [35, 177, 318, 460, 601]); // 601 / 4.25 = 141.4
  // By hand: 129,400 multiplications an image forward, 601 updates of 100 images at three times that, 201 · 10,300 images: 29 · 10¹⁰.
  assert.equal(segmentEnds(chapter, 1000).length, 29 + 1);
  // With 41 evaluations instead of 201: 7.8 · 10¹⁰.
  assert.equal(segmentEnds({ ...chapter, evaluateEvery: 5 }, 1000).length, 7 + 1);
  assert.deepEqual(segmentEnds(spec, 4), [updatesOf(spec)]); // not worth it
  // No more than 100 epoch points in one.
  assert.equal(segmentEnds({ ...chapter, epochs: 2010 }, 4).length, 21 + 1);
});

const isDivided = { yes: true, no: false };
for (const [runs, processes, divided] of [
  [1, 2, ["yes"]],
  [2, 2, ["no", "no"]],
  [3, 2, ["yes", "yes", "yes"]],
  [4, 2, ["no", "no", "no", "no"]],
  [5, 2, ["no", "no", "yes", "yes", "yes"]],
  [5, 4, ["yes", "yes", "yes", "yes", "yes"]],
  [7, 4, ["yes", "yes", "yes", "yes", "yes", "yes", "yes"]],
  [8, 3, ["no", "no", "no", "yes", "yes", "yes", "yes", "yes"]],
  [1, 1, ["no"]],
] as const)
  test(`${runs} runs on ${processes} processes: divided ${divided.join(", ")}`, () => {
    for (const [place, answer] of divided.entries())
      assert.equal(plan(long, place, runs, processes).length > 1, isDivided[answer], `run ${place}`);
  });

test("a run alone of which only the loss is recorded leaves nothing to other processes", () => {
  assert.deepEqual(plan({ ...long, record: ["loss"] }, 0, 1, 2), [updatesOf(long)]);
});

const history = { iterations: 9, testAccuracy: [], divergedAt: null };

test("what segments write down is put together one after the other", () => {
  const merged = mergeSegments([
    { ...history, iterations: 6, loss: [3, 2], trainAccuracy: [0.1], validationAccuracy: [0.2, 0.3] },
    { ...history, loss: [1], trainAccuracy: [0.4], validationAccuracy: [] },
  ]);
  assert.deepEqual(merged, { ...history, loss: [3, 2, 1], trainAccuracy: [0.1, 0.4], validationAccuracy: [0.2, 0.3] });
});

/** A run in segments that end after so many updates, each going on from what the one before has sent. */
async function inSegments(spec: RunSpec, ends: number[]): Promise<History> {
  const histories: History[] = [];
  let start: Checkpoint | undefined;
  for (const end of ends) {
    let left: Checkpoint | undefined;
    const onTrained = async (state: Checkpoint) => void (left = structuredClone(state));
    histories.push(await runSegment(spec, { start, end, onTrained }));
    start = left;
  }
  return mergeSegments(histories);
}

const tooFast = { name: "SGD", learningRate: 1e20 } as const;
const schedule = { warmUp: 5, decay: "cosine", updates: 16 } as const;
const rules = (Object.keys(optimizers) as (keyof typeof optimizers)[]).flatMap((name): [string, Partial<RunSpec>][] => [
  [name, { optimizer: { name, learningRate: 0.01 } }],
  [`${name} with a schedule`, { optimizer: { name, learningRate: 0.01, schedule } }],
]);
const kinds: [name: string, change: Partial<RunSpec>][] = [
  ...rules,
  ["BatchNormalization", { network: { ...spec.network, batchNormalization: "before" } }],
  ["weight decay", { network: { ...spec.network, weightDecay: 0.1 } }],
  ["one of which the loss alone is recorded", { epochs: undefined, iterations: 19, record: ["loss"] }],
  [
    "one whose accuracies are taken once, at the end",
    { epochs: undefined, iterations: 19, record: ["loss", "trainAccuracy", "testAccuracy"] },
  ],
  ["one whose accuracies are taken at every third epoch point", { evaluateEvery: 3 }],
  ["one of which nothing is recorded", { record: [] }],
  ["one that diverges at once", { optimizer: tooFast }],
  [
    "one that diverges late",
    { optimizer: { name: "SGD", learningRate: 1.7 }, network: { ...spec.network, weightDecay: 1 }, epochs: 20 },
  ],
  ["one whose accuracies alone are recorded, and diverge", { optimizer: tooFast, record: ["trainAccuracy"] }],
  [
    "one whose loss alone tells that it diverged",
    { optimizer: tooFast, epochs: undefined, iterations: 19, record: ["loss"] },
  ],
];
for (const [name, change] of kinds) {
  test(`a run in segments has the same history: ${name}`, async () => {
    const changed = { ...spec, ...change };
    const whole = await run(changed);
    const updates = updatesOf(changed);
    assert.deepEqual(await inSegments(changed, [1, 8, 12, updates]), whole);
    assert.deepEqual(await inSegments(changed, [updates]), whole);
  });
}

test("property: however a run is divided, it has the same history", async () => {
  const specs = (Object.keys(optimizers) as (keyof typeof optimizers)[]).map((name): RunSpec => ({
    ...spec,
    network: { ...spec.network, batchNormalization: "after" },
    optimizer: { name, learningRate: 0.01 },
  }));
  const wholes = new Map(await Promise.all(specs.map(async (each) => [each, await run(each)] as const)));
  const updates = updatesOf(spec);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...specs),
      fc.uniqueArray(fc.integer({ min: 1, max: updates - 1 }), { maxLength: 6 }),
      async (each, cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), updates];
        assert.deepEqual(await inSegments(each, ends), wholes.get(each));
      },
    ),
    { numRuns: 40 },
  );
});

test("the run that stands for late divergence diverges in a later segment", async () => {
  const [, late] = kinds.find(([name]) => name === "one that diverges late")!;
  const { divergedAt } = await run({ ...spec, ...late });
  assert.ok(divergedAt! > 12, String(divergedAt));
});

test("tensors: a segment leaves none, whether it ends or is ended while weights are kept", async () => {
  await runSegment(long, { end: 20 });
  const before = tf.memory().numTensors;
  await runSegment(long, { end: 20 });
  assert.equal(tf.memory().numTensors, before);
  const stop = async () => {
    throw new Error("enough");
  };
  await assert.rejects(runSegment(long, { end: 20, onTrained: stop }), /enough/);
  assert.equal(tf.memory().numTensors, before);
});

test("a run that has processes to itself has the same history", async () => {
  assert.ok(segmentEnds(long, 4).length > 2);
  const alone = await run(long);
  for (const workers of [2, 3]) assert.deepEqual(await runAll([long], { workers }), [alone]);
});

test("of three runs for two processes all are divided, with the same histories", async () => {
  const specs = [1, 2, 3].map((seed): RunSpec => ({
    ...long,
    seed,
    epochs: undefined,
    iterations: 3000,
    record: ["loss"],
  }));
  for (const spec of specs) assert.ok(segmentEnds(spec, 2).length > 2);
  const alone = [];
  for (const spec of specs) alone.push(await run(spec));
  assert.deepEqual(await runAll(specs, { workers: 2 }), alone);
});

test("the progress of a divided run is that of all its segments, and ends with all updates", async () => {
  const reports: number[] = [];
  await runAll([long], { workers: 2, onProgress: (_, done, total) => reports.push(done / total) });
  assert.deepEqual(
    reports,
    [...reports].sort((a, b) => a - b),
  );
  assert.equal(reports.at(-1), 1);
  assert.equal(new Set(reports).size, reports.length);
});

const endless = { ...long, epochs: 1e5 };

test("a divided run ends when the signal is aborted, with its reason", async () => {
  const abort = new AbortController();
  const stopped = runAll([endless], {
    workers: 2,
    signal: abort.signal,
    onProgress: () => abort.abort(new Error("enough")),
  });
  await assert.rejects(stopped, /^Error: enough$/);
});

test("a divided run of which one process is killed has the same history", async (t) => {
  t.mock.method(console, "log", () => {});
  let killed = false;
  const onProgress = () => {
    if (!killed) killed = process.kill(children()[0], "SIGKILL");
  };
  assert.deepEqual(await runAll([long], { workers: 2, onProgress }), [await run(long)]);
  assert.ok(killed);
});

test("a divided run of which one process dies is one failed run, with its spec", async () => {
  let killed = false;
  const onProgress = () => {
    if (killed) return;
    killed = true;
    process.kill(children()[0], "SIGABRT");
  };
  await assert.rejects(runAll([endless], { workers: 2, onProgress }), (error) => {
    assert.ok(error instanceof RunsFailed, String(error));
    assert.match(error.message, /^1 of 1 runs failed; run 0: [\s\S]*\nits spec: .*"epochs":100000/);
    return true;
  });
});
