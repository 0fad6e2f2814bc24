import test from "node:test";
import assert from "node:assert/strict";
import { tf } from "../engine/backend";
import { loadMnist } from "../data/mnist";
import { Network } from "../network";
import { SGD } from "../optimizers";
import { randomStream } from "../random";
import { miniBatch } from "../trainer";
import { children } from "../testing/children";
import { run } from "./run";
import { openRunner, runAll, RunsFailed } from "./run-all";
import type { RunSpec } from "./spec";

const spec: RunSpec = {
  data: { images: 300 },
  network: { inputSize: 784, hiddenSizes: [20, 20], outputSize: 10 },
  optimizer: { name: "SGD", learningRate: 0.1 },
  batchSize: 30,
  epochs: 4,
  record: ["loss", "trainAccuracy"],
  seed: 1,
};

test("a spec gives the history of the loop that it stands for, to the last bit", async () => {
  const train = loadMnist().train.take(300);
  const { x, t, count } = train.tensors();
  const network = new Network(spec.network, 1);
  const optimizer = new SGD(0.1);
  const batches = randomStream(1, "batches");
  const loss: number[] = [];
  const accuracy: number[] = [];
  for (let i = 0; i < 31; i++) {
    tf.tidy(() => {
      const batch = miniBatch({ x, t, count }, 30, batches);
      optimizer.update(network.params, network.gradient(batch.x, batch.t));
      loss.push(network.loss(batch.x, batch.t));
      if (i % 10 === 0) accuracy.push(network.accuracy(x, t));
    });
  }
  network.dispose();
  train.dispose();
  assert.deepEqual(await run(spec), {
    iterations: 31,
    loss,
    trainAccuracy: accuracy,
    validationAccuracy: [],
    testAccuracy: [],
    divergedAt: null,
  });
});

test("with iterations, accuracies are taken once, after the last update", async () => {
  const { epochs, ...rest } = spec;
  const points = await run({ ...spec, epochs: 4 });
  const once = await run({ ...rest, iterations: 31 }); // the last of the four epoch points is after the 31st update
  assert.deepEqual(once, { ...points, trainAccuracy: points.trainAccuracy.slice(-1) });
  const diverged = await run({ ...rest, iterations: 31, optimizer: { name: "SGD", learningRate: 1e20 } });
  assert.deepEqual(diverged.trainAccuracy, [null]);
});

test("with evaluateEvery, a run that stays finite differs only in the points at which accuracies are taken", async () => {
  const each = await run({ ...spec, epochs: 7 });
  const third = await run({ ...spec, epochs: 7, evaluateEvery: 3 });
  const { trainAccuracy } = each;
  assert.deepEqual(third, { ...each, trainAccuracy: [trainAccuracy[0], trainAccuracy[3], trainAccuracy[6]] });
  assert.deepEqual(await run({ ...spec, epochs: 7, evaluateEvery: 1 }), each);
});

test("any number of processes gives the same histories, in the order of the specs", async () => {
  const specs = [3, 1, 2].map((seed) => ({ ...spec, seed, network: { ...spec.network, dropoutRate: 0.2 } }));
  const alone = [];
  for (const each of specs) alone.push(await run(each));
  assert.notDeepEqual(alone[0], alone[1]);
  for (const workers of [1, 2, 3]) assert.deepEqual(await runAll(specs, { workers }), alone);
});

test("a run twice as long begins with the shorter one", async () => {
  const long = await run({ ...spec, epochs: 8 });
  assert.deepEqual(long.trainAccuracy.slice(0, 4), (await run(spec)).trainAccuracy);
});

test("tensors: a run leaves only the data set behind, and the second nothing more", async () => {
  await run(spec);
  const before = tf.memory().numTensors;
  await run({ ...spec, seed: 9 });
  assert.equal(tf.memory().numTensors, before);
});

test("validation images are set apart from the training images, after the shuffle", async () => {
  const history = await run({
    ...spec,
    data: { images: 300, validation: 60, shuffleSeed: 5 },
    record: ["validationAccuracy"],
  });
  assert.equal(history.validationAccuracy.length, 4);
  // Shares of 60 images.
  for (const accuracy of history.validationAccuracy)
    assert.ok(Math.abs(accuracy! * 60 - Math.round(accuracy! * 60)) < 1e-9);
});

test("a run that diverges says when, and stores null instead of numbers that are none", async () => {
  const history = await run({
    ...spec,
    network: { ...spec.network, initialWeights: 1000 },
    optimizer: { name: "SGD", learningRate: 1e30 },
  });
  assert.ok(history.divergedAt !== null && history.divergedAt <= 31);
  assert.equal(history.loss.length, 31);
  assert.equal(history.loss.at(-1), null);
  assert.equal(history.trainAccuracy.at(-1), null);
  assert.deepEqual(JSON.parse(JSON.stringify(history)), history);
});

test("progress comes from every run and ends at its total", async () => {
  const last = new Map<number, [number, number]>();
  await runAll([spec, { ...spec, seed: 2 }], {
    workers: 2,
    onProgress: (index, done, total) => void last.set(index, [done, total]),
  });
  assert.deepEqual([...last.entries()].sort(), [
    [0, [31, 31]],
    [1, [31, 31]],
  ]);
});

test("runs end when the signal is aborted, wherever they are executed", async () => {
  const endless: RunSpec = { ...spec, epochs: 100_000 };
  for (const start of [run, (each: RunSpec, options: object) => runAll([each, each], options)]) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = () => controller.abort(reason);
    await assert.rejects(
      start(endless, { signal: controller.signal, onProgress }) as Promise<unknown>,
      (error) => error === reason,
    );
  }
});

test("more runs at once in one process than it keeps sets for: each has the history that it has alone", async () => {
  const specs = [1, 2, 3, 4, 5, 6].map((shuffleSeed): RunSpec => ({
    ...spec,
    data: { images: 300, validation: 100, shuffleSeed },
    epochs: 150,
    record: ["trainAccuracy", "validationAccuracy"],
  }));
  const together = await Promise.all(specs.map((spec) => run(spec)));
  for (const [i, spec] of specs.entries()) assert.deepEqual(await run(spec), together[i]);
});

test("a spec that is none is refused before anything runs", async () => {
  const wrong = { ...spec, batchSize: -1 };
  await assert.rejects(run(wrong), /batchSize/);
  await assert.rejects(runAll([spec, wrong]), /batchSize/);
});

test("a run whose process dies is reported with its spec, after the others have finished", async () => {
  const specs = [
    { ...spec, epochs: 2_000, record: [] },
    { ...spec, seed: 2 },
    { ...spec, seed: 3 },
  ];
  let killed = false;
  const onProgress = (index: number) => {
    if (index !== 0 || killed) return;
    killed = true;
    process.kill(children()[0], "SIGABRT"); // the first run went to the process that was started first
  };
  await assert.rejects(runAll(specs, { workers: 2, onProgress }), (error) => {
    assert.ok(error instanceof RunsFailed);
    assert.deepEqual(
      error.failures.map(({ index }) => index),
      [0],
    );
    assert.match(error.message, /1 of 3 runs failed; run 0: [\s\S]*\nits spec: .*"epochs":2000/);
    assert.equal(error.histories[0], undefined);
    assert.ok(error.histories.slice(1).every((history) => history?.iterations === 31));
    return true;
  });
});

test("a run that failed is tried again when it is asked for again", async () => {
  const runner = await openRunner({ workers: 1 });
  const long = { ...spec, epochs: 1_000 };
  let killed = false;
  const onProgress = () => {
    if (!killed) killed = process.kill(children()[0], "SIGKILL");
  };
  try {
    await assert.rejects(runner.run(long, { onProgress }), /its process was killed \(SIGKILL\) with none beside it/);
    assert.equal((await runner.run(long)).iterations, 9_991);
  } finally {
    await runner.close();
  }
});

test("who gives up a run that others ask for, too, ends his own wait only", async () => {
  const runner = await openRunner({ workers: 1 });
  const long = { ...spec, epochs: 300 };
  const [first, second] = [new AbortController(), new AbortController()];
  try {
    const runs = [first.signal, second.signal, undefined].map((signal) => runner.run(long, { signal }));
    const [rejected, alsoRejected, history] = runs;
    for (const [abort, run] of [
      [second, alsoRejected],
      [first, rejected],
    ] as const) {
      const reason = new Error("given up");
      abort.abort(reason);
      await assert.rejects(run, (error) => error === reason);
    }
    assert.deepEqual(await history, await run(long));
  } finally {
    await runner.close();
  }
});

test("each of several equal runs is told of its end", async () => {
  const ended = new Set<number>();
  const onProgress = (index: number, done: number, total: number) => {
    if (done === total) ended.add(index);
  };
  const [first, second, other] = await runAll([spec, spec, { ...spec, seed: 2 }], { onProgress, workers: 2 });
  assert.deepEqual([...ended].sort(), [0, 1, 2]);
  assert.deepEqual(second, first);
  assert.notDeepEqual(other, first);
});
