import assert from "node:assert/strict";
import test, { before } from "node:test";
import fc from "fast-check";
import type { History } from "../trainer";
import { parseHistory } from "./history";
import { run } from "./run";
import { openRunner } from "./run-all";
import type { RunSpec } from "./spec";

const base: RunSpec = {
  data: { images: 150, validation: 50 },
  network: { inputSize: 784, hiddenSizes: [10], outputSize: 10 },
  optimizer: { name: "SGD", learningRate: 0.1 },
  batchSize: 30,
  epochs: 7,
  record: ["loss", "trainAccuracy", "validationAccuracy"],
  seed: 1,
};
const { epochs, ...endless } = base;

/** So large a rate that training diverges: at once, or after some updates. */
const diverging = (learningRate: number, weightDecay?: number): Partial<RunSpec> => ({
  optimizer: { name: "SGD", learningRate },
  ...(weightDecay && { network: { ...base.network, weightDecay } }),
});

const specs: Record<string, RunSpec> = {
  epochs: base,
  "one epoch point": { ...base, epochs: 1 },
  "every third epoch point": { ...base, evaluateEvery: 3 },
  "an update an epoch": { ...base, batchSize: 100 },
  "epochs, nothing recorded": { ...base, record: [] },
  "the test set": { ...base, epochs: 2, record: ["testAccuracy", "loss"] },
  updates: { ...endless, iterations: 17 },
  "updates, only losses": { ...endless, iterations: 17, record: ["loss"] },
  "updates, nothing recorded": { ...endless, iterations: 17, record: [] },
  "L2 norm": { ...base, network: { ...base.network, weightDecay: 0.1 } },
  "L1 norm": { ...base, network: { ...base.network, weightDecay: 1e-3, weightDecayNorm: "L1" } },
  perfect: { ...base, data: { images: 60, validation: 1 }, batchSize: 59, epochs: 60 },
  "diverging at once": { ...base, ...diverging(1e30) },
  "diverging at once, without losses": { ...base, ...diverging(1e30), record: ["trainAccuracy"] },
  diverging: { ...base, ...diverging(1e10, 1) },
  "diverging, without losses": { ...base, ...diverging(1e10, 1), record: ["trainAccuracy"] },
  "diverging, nothing recorded": { ...base, ...diverging(1e10, 1), record: [] },
  "diverging between evaluations": { ...base, ...diverging(1e7, 1), evaluateEvery: 3 },
  "diverging, only losses": { ...base, ...diverging(1e10, 1), record: ["loss"] },
  "diverging updates": { ...endless, iterations: 17, ...diverging(1e10, 1) },
  "diverging updates, without losses": { ...endless, iterations: 17, ...diverging(1e10, 1), record: ["trainAccuracy"] },
  "diverging updates, only losses": { ...endless, iterations: 17, ...diverging(1e10, 1), record: ["loss"] },
  "diverging updates, nothing recorded": { ...endless, iterations: 17, ...diverging(1e10, 1), record: [] },
};

const histories: Record<string, History> = {};
before(async () => {
  for (const [name, spec] of Object.entries(specs)) histories[name] = await run(spec);
});

test("every history that a run can have passes as it is, also as JSON", () => {
  for (const [name, spec] of Object.entries(specs)) {
    const history = histories[name];
    for (const arrived of [history, JSON.parse(JSON.stringify(history)), reversed(history)]) {
      assert.deepEqual(parseHistory(spec, arrived), history, name);
      assert.equal(JSON.stringify(parseHistory(spec, arrived)), JSON.stringify(history), name);
    }
    assert.equal(history.divergedAt !== null, /^diverging(?!.*updates, nothing)/.test(name), name);
  }
});

test("what the processes here bring passes, whether a run is divided or goes on", async () => {
  const divided: RunSpec = { ...base, network: { ...base.network, hiddenSizes: [100, 100] }, epochs: 200 };
  for (const spec of [divided, { ...divided, ...diverging(1e3, 1) }]) {
    const runner = await openRunner({ workers: 2 });
    await runner.run({ ...spec, epochs: 20 }, { mayContinue: true });
    const history = await runner.run(spec); // refused, it would throw
    await runner.close();
    assert.deepEqual(history, await run(spec));
  }
});

test("what is not the history of its run is refused, with the field and what is wrong", () => {
  const all = { ...histories.epochs };
  const refused = (name: string, change: object, message: string | RegExp) =>
    assert.throws(() => parseHistory(specs[name], { ...histories[name], ...change }), { name: "TypeError", message });
  const { loss, trainAccuracy } = all;
  const withLoss = (index: number, value: unknown) => ({ loss: loss.map((old, i) => (i === index ? value : old)) });

  refused("epochs", { loss: [1] }, "loss: expected 19 values, one for each update, got 1");
  refused("epochs", { loss: "\x1b[2J" }, 'loss: expected 19 values, one for each update, got "\\u001b[2J"');
  refused("epochs", { loss: { length: 19 } }, "loss: expected 19 values, one for each update, got an object");
  refused("epochs", withLoss(3, null), "loss[3]: expected a float32 number from 0 on, got null");
  refused("epochs", withLoss(3, 0.1), "loss[3]: expected a float32 number from 0 on, got 0.1");
  refused("epochs", withLoss(3, -0), /loss\[3\]: expected a float32 number from 0 on/);
  refused("epochs", withLoss(3, Infinity), /got Infinity/);
  refused("epochs", withLoss(3, [1, 2]), /got an array of 2/);
  refused(
    "epochs",
    { trainAccuracy: trainAccuracy.slice(1) },
    "trainAccuracy: expected 7 values, one for each evaluation, got 6",
  );
  refused(
    "epochs",
    { trainAccuracy: trainAccuracy.map(() => 0.123) },
    "trainAccuracy[0]: expected a share of 100 images, got 0.123",
  );
  refused("epochs", { validationAccuracy: trainAccuracy.map(() => 1e9) }, /a share of 50 images, got 1000000000/);
  refused("epochs", { testAccuracy: [1] }, "testAccuracy: expected no values, as it is not recorded, got 1");
  refused("epochs", { iterations: 18 }, "iterations: expected 19, got 18");
  refused("epochs", { divergedAt: 20 }, "divergedAt: expected null or an update from 1 to 19, got 20");
  refused(
    "epochs",
    { divergedAt: 2 },
    /divergedAt: expected an update after which the loss is null, or weights are checked/,
  );
  refused("epochs", { digest: "…" }, /history: expected no fields but iterations, loss, .*, got "digest"/);
  refused("L2 norm", { loss: loss.map(() => -1) }, /loss\[0\]: expected a finite number from 0 on/);
  refused(
    "diverging at once",
    { trainAccuracy: trainAccuracy },
    /trainAccuracy\[0\]: expected null from divergence on/,
  );
  refused("diverging at once", { loss }, /loss\[1\]: expected null after divergence|divergedAt/);
  for (const value of [null, undefined, "hello", 7, [], true]) {
    assert.throws(() => parseHistory(base, value), /history: expected an object with iterations, loss, /);
  }
  assert.throws(() => parseHistory(base, {}), /iterations: expected in a history, got none/);
  assert.throws(() => parseHistory(base, Object.create(all) as unknown), /iterations: expected in a history/);
});

test("property: a changed history is refused with a known field, or it is another valid one, and comes out as it went in", () => {
  const junk = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(NaN, Infinity, -1, -0, 0, 0.5, 1, 2, 1e9, null, undefined, "0.5", {}, [], [[]], true),
    fc.double(),
    fc.float(),
  );
  const key = fc.constantFrom(...Object.keys(histories.epochs));
  const change = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), key, value: junk }),
    fc.record({ kind: fc.constant("item" as const), key, at: fc.nat(20), value: junk }),
    fc.record({ kind: fc.constant("drop" as const), key, at: fc.nat(20) }),
    fc.record({ kind: fc.constant("insert" as const), key, at: fc.nat(20), value: junk }),
    fc.record({ kind: fc.constant("delete" as const), key }),
    fc.record({
      kind: fc.constant("add" as const),
      key: fc.constantFrom("__proto__", "constructor", "toJSON", "x"),
      value: junk,
    }),
  );
  type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;
  const apply = (history: Record<string, unknown>, each: Change) => {
    const { kind, key } = each;
    const list = history[key];
    if (kind === "delete") delete history[key];
    else if (kind === "set") history[key] = each.value;
    // As JSON.parse does it: a field of its own.
    else if (kind === "add")
      Object.defineProperty(history, key, { value: each.value, enumerable: true, configurable: true });
    else if (!Array.isArray(list)) return;
    else if (kind === "item") list[each.at] = each.value;
    else if (kind === "drop") list.splice(each.at, 1);
    else list.splice(each.at, 0, each.value);
  };
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(specs)),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      (name, changes) => {
        const changed = structuredClone(histories[name]) as unknown as Record<string, unknown>;
        for (const each of changes) apply(changed, each);
        let parsed: History;
        try {
          parsed = parseHistory(specs[name], changed);
        } catch (error) {
          assert.ok(error instanceof TypeError);
          assert.match(
            error.message,
            /^(history|iterations|divergedAt|(loss|\w+Accuracy)(\[\d+\])?): expected .+, got .+$/s,
          );
          return;
        }
        assert.deepEqual(parsed, changed);
        assert.deepEqual(Object.keys(parsed), Object.keys(histories[name]));
        assert.equal(Object.getPrototypeOf(parsed), Object.prototype);
      },
    ),
    { numRuns: 3000 },
  );
});

/** The same fields in another order. */
const reversed = (history: History) => Object.fromEntries(Object.entries(history).reverse());
