import test from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

/** What a script prints that is run with `QUICK=1`. */
function quickly(script: string): string {
  const index = JSON.stringify(__dirname);
  return execFileSync(process.execPath, ["-e", `const lib = require(${index}); (async () => { ${script} })()`], {
    env: { ...process.env, QUICK: "1" },
    encoding: "utf8",
  });
}

test("QUICK=1 makes a tenth of each run and of each counted loop", () => {
  const spec = `{ data: { images: 100 }, network: { inputSize: 784, hiddenSizes: [5], outputSize: 10 },
    optimizer: { name: "SGD", learningRate: 0.1 }, batchSize: 10, record: [], seed: 1 }`;
  const printed = quickly(`
    const histories = await lib.runAll([{ ...${spec}, iterations: 95 }, { ...${spec}, epochs: 21 },
      ...[5, 100].map((evaluateEvery) => ({ ...${spec}, epochs: 101, evaluateEvery, record: ["trainAccuracy"] })),
    ], { workers: 1 });
    console.log(JSON.stringify([
      histories.map(({ iterations }) => iterations), histories.map(({ trainAccuracy }) => trainAccuracy.length), [...lib.progress(2000)].length,
    ]));`);
  // 10 of 95 updates; 2 of 20 epochs of 10 updates, and 1 update before them; 10 of 100 epochs, with accuracies at
  // epochs 0, 5 and 10, or at 0 and the last.
  const [updates, accuracies, rounds] = JSON.parse(printed.trim().split("\n").at(-1)!);
  assert.deepEqual(updates, [10, 21, 101, 101]);
  assert.deepEqual(accuracies, [0, 0, 3, 2]);
  assert.equal(rounds, 200);
});

test("QUICK=1 has the learning rate rise and fall within the tenth", () => {
  const printed = quickly(`
    const spec = (iterations, schedule) => ({ data: { images: 100 }, iterations, batchSize: 10, record: ["loss"], seed: 1,
      network: { inputSize: 784, hiddenSizes: [5], outputSize: 10 },
      optimizer: { name: "SGD", learningRate: 0.1, schedule } });
    const whole = spec(100, { warmUp: 20, decay: "cosine", updates: 100 });
    const [{ loss }] = await lib.runAll([whole], { workers: 1 });
    const tenth = await lib.run(spec(10, { warmUp: 2, decay: "cosine", updates: 10 }));
    const warmUpOnly = await lib.runAll([spec(100, { warmUp: 20 })], { workers: 1 });
    console.log(JSON.stringify([loss, tenth.loss, warmUpOnly[0].loss]));`);
  const [loss, tenth, warmUpOnly] = JSON.parse(printed.trim().split("\n").at(-1)!) as number[][];
  assert.equal(loss.length, 10);
  assert.deepEqual(loss, tenth);
  assert.deepEqual(loss.slice(0, 3), warmUpOnly.slice(0, 3), "the same until the decay sets in");
  assert.notDeepEqual(loss, warmUpOnly);
});

test("QUICK=1 lets a claim fail that must hold of the whole training", () => {
  assert.match(
    quickly(`lib.claims([{ claim: "c", measured: "m", held: false, mustHold: true }]); console.log("on")`),
    /not held[^]*on/,
  );
});
