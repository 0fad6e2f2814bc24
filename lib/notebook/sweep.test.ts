import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { curvesOf, run, sweep, type RunSpec } from "../index";

const spec = (learningRate: number, seed: number): RunSpec => ({
  data: { images: 100 },
  network: { inputSize: 784, hiddenSizes: [10], outputSize: 10 },
  optimizer: { name: "SGD", learningRate },
  batchSize: 20,
  iterations: 4,
  record: ["loss"],
  seed,
});

test("every combination is a row: its parameters, its spec and the history of that spec", async (t) => {
  const log = t.mock.method(console, "log", () => {});
  const runs = await sweep({ rate: [0.1, 0.2], seed: [1, 2, 3] }, ({ rate, seed }) => spec(rate, seed));
  assert.deepEqual(
    runs.map(({ rate, seed }) => [rate, seed]),
    [
      [0.1, 1],
      [0.1, 2],
      [0.1, 3],
      [0.2, 1],
      [0.2, 2],
      [0.2, 3],
    ],
  );
  for (const row of runs) {
    assert.deepEqual(row.spec, spec(row.rate, row.seed));
    assert.deepEqual(row.history, await run(row.spec));
  }
  assert.deepEqual(
    log.mock.calls.map(({ arguments: [text] }) => String(text)),
    ["runs  6 of 6"],
  );
});

test("a list has a row for each of its entries, whatever else is in them", async (t) => {
  const log = t.mock.method(console, "log", () => {});
  const settings = [
    { learningRate: 0.3, note: "large" },
    { learningRate: 0.01, note: "small" },
  ];
  const rows = await sweep(settings, ({ learningRate }) => spec(learningRate, 1), { label: "trials" });
  assert.deepEqual(
    rows.map(({ note, learningRate, spec }) => [note, learningRate, spec.optimizer.learningRate]),
    [
      ["large", 0.3, 0.3],
      ["small", 0.01, 0.01],
    ],
  );
  assert.equal(log.mock.calls[0].arguments[0], "trials  2 of 2");
});

test("curves are named after their rows, in the order in which the names come", async (t) => {
  t.mock.method(console, "log", () => {});
  const runs = await sweep({ seed: [1, 2], rate: [0.1, 0.2] }, ({ rate, seed }) => spec(rate, seed));
  const loss = (rate: number) => runs.filter((row) => row.rate === rate).map(({ history }) => history.loss);
  assert.deepEqual(
    curvesOf(runs, "loss", ({ rate }) => `rate ${rate}`),
    [
      { name: "rate 0.1", runs: loss(0.1) },
      { name: "rate 0.2", runs: loss(0.2) },
    ],
  );
});

test("a row shows its parameters and its history, not its spec", async (t) => {
  t.mock.method(console, "log", () => {});
  const [row] = await sweep({ seed: [7] }, ({ seed }) => spec(0.1, seed));
  assert.match(inspect(row), /^Run \{ seed: 7, history: History of 4 updates: loss/);
});

test("what cannot be swept over is refused before anything runs", async () => {
  await assert.rejects(
    sweep({ rate: [0.1], seed: [] as number[] }, ({ rate, seed }) => spec(rate, seed)),
    /^RangeError: sweep: nothing to run; give each parameter at least one value$/,
  );
  await assert.rejects(
    sweep([], () => spec(0.1, 1)),
    RangeError,
  );
  await assert.rejects(
    sweep({ history: [1, 2] }, ({ history }) => spec(0.1, history)),
    /^RangeError: sweep: a row has a history of its own; rename the parameter$/,
  );
  await assert.rejects(
    sweep({ rate: [-1] }, ({ rate }) => spec(rate, 1)),
    /^TypeError: spec: optimizer\.learningRate: expected a number above 0, got -1$/,
  );
});
