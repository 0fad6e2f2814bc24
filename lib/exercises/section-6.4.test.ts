import assert from "node:assert/strict";
import test from "node:test";
import type { History, RunSpec } from "../index";
import { verdict } from "./check";
import type { Finding } from "./finding";
import { section64 } from "./section-6.4";

/** What the checks say: `true`, `false` or `undefined` for each part. */
const rights = (findings: Finding[]) => findings.map(({ right }) => right);

/** A run as an exercise asks for it, with a made-up course of its accuracies. */
function row(
  options: Partial<RunSpec["network"]>,
  seed: number,
  accuracies: { training?: number[]; validation: number[] },
  { images = 300, epochs = 101 } = {},
): { spec: RunSpec; history: History } {
  const spec: RunSpec = {
    seed,
    data: { images: images + 1000, validation: 1000 },
    network: { inputSize: 784, hiddenSizes: [100, 100, 100, 100, 100, 100], outputSize: 10, ...options },
    optimizer: { name: "SGD", learningRate: 0.01 },
    batchSize: 100,
    epochs,
    record: ["trainAccuracy", "validationAccuracy"],
  };
  const { validation, training = validation } = accuracies;
  const history = { trainAccuracy: training, validationAccuracy: validation } as Partial<History>;
  return { spec, history: { iterations: 0, loss: [], testAccuracy: [], divergedAt: null, ...history } as History };
}

test("6.4-1: half of the weight is left after ln 2 / −ln(1 − ηλ) updates", () => {
  const updates = Math.ceil(Math.log(2) / -Math.log(1 - 0.01 * 0.1));
  assert.deepEqual(rights(section64["6.4-1"]({ updates })), [true]);
  for (const wrong of [updates - 1, updates + 1, 500])
    assert.deepEqual(rights(section64["6.4-1"]({ updates: wrong })), [false]);
  assert.deepEqual(rights(section64["6.4-1"]({})), [undefined]);
  assert.equal(
    verdict("6.4-1", section64["6.4-1"]({ updates: 500 }))["text/plain"],
    "Exercise 6.4-1: 1 of 1 off\n  ✗ updates until half is left: not 500",
  );
});

test("6.4-2: the largest λ whose run does better than guessing", () => {
  const ends = { 0.01: 0.7, 0.03: 0.6, 0.1: 0.5, 0.3: 0.11, 1: 0.11 };
  const runs = Object.entries(ends).map(([λ, end]) => row({ weightDecay: Number(λ) }, 1, { validation: [0.1, end] }));
  const say = (answer: Parameters<(typeof section64)["6.4-2"]>[0]) => section64["6.4-2"](answer);
  assert.deepEqual(rights(say({ runs, largest: 0.1 })), [true, true]);
  assert.deepEqual(rights(say({ runs, largest: 0.3 })), [true, false]);
  assert.match(say({ runs, largest: 0.3 })[1].off!, /with λ = 0\.3 validation accuracy is 0\.11/);
  assert.match(say({ runs, largest: 0.2 })[1].off!, /0\.2 is none of/);
  assert.deepEqual(rights(say({ runs })), [true, undefined]);
  assert.deepEqual(rights(say({})), [undefined, undefined]);
  const [missing] = say({ runs: runs.filter(({ spec }) => spec.network.weightDecay !== 0.3), largest: 0.1 });
  assert.deepEqual([missing.right, missing.off], [false, "there is none with λ = 0.3"]);
  const others = runs.map((run) => ({ ...run, spec: { ...run.spec, seed: 2 } }));
  assert.deepEqual(rights(say({ runs: others, largest: 0.1 })), [false, undefined], "runs of another seed");
});

test("6.4-3: the form with the higher validation accuracy over both seeds", () => {
  const runs = [false, true].flatMap((invertedDropout) =>
    [1, 2].map((seed) =>
      row({ dropoutRate: 0.3, invertedDropout }, seed, { validation: [invertedDropout ? 0.4 : 0.2 + 0.1 * seed] }),
    ),
  );
  assert.deepEqual(rights(section64["6.4-3"]({ runs, form: "inverted" })), [true, true]);
  assert.deepEqual(rights(section64["6.4-3"]({ runs, form: "the book's" })), [true, false]);
  assert.deepEqual(rights(section64["6.4-3"]({})), [undefined, undefined]);
});

test("6.4-4: training ends 20 epochs after the first epoch with the highest accuracy", () => {
  const until = (best: number, length: number) =>
    Array.from({ length }, (_, epoch) => (epoch <= best ? epoch / 1000 : epoch === best + 5 ? best / 1000 : 0));
  const say = (validation: number[], stop?: number) =>
    section64["6.4-4"]({ runs: [row({}, 1, { validation }, { epochs: 301 })], stop });
  assert.deepEqual(rights(say(until(40, 301), 60)), [true, true]);
  for (const wrong of [40, 59, 61, 65]) assert.deepEqual(rights(say(until(40, 301), wrong)), [true, false]);
  // A rise on the 20th epoch keeps it going.
  const rises = until(40, 301).map((accuracy, epoch) => (epoch === 60 ? 0.9 : accuracy));
  assert.deepEqual(rights(say(rises, 80)), [true, true]);
  assert.deepEqual(rights(say(until(300, 301), 300)), [true, true], "it may never end early");
  assert.deepEqual(rights(section64["6.4-4"]({})), [undefined, undefined]);
});

test("6.4-5: the gap is narrower only if it is in both places", () => {
  const runs = (gaps: { none: number; before: number; after: number }) =>
    ([undefined, "before", "after"] as const).flatMap((batchNormalization) =>
      [1, 2].map((seed) =>
        row({ batchNormalization }, seed, { training: [1], validation: [1 - gaps[batchNormalization ?? "none"]] }),
      ),
    );
  const say = (gaps: Parameters<typeof runs>[0], narrower?: boolean) =>
    section64["6.4-5"]({ runs: runs(gaps), narrower });
  assert.deepEqual(rights(say({ none: 0.2, before: 0.4, after: 0.5 }, false)), [true, true]);
  assert.deepEqual(rights(say({ none: 0.2, before: 0.4, after: 0.5 }, true)), [true, false]);
  assert.match(say({ none: 0.2, before: 0.4, after: 0.5 }, true)[1].off!, /0\.200 without it, 0\.400 and 0\.500 with/);
  assert.deepEqual(rights(say({ none: 0.2, before: 0.1, after: 0.1 }, true)), [true, true]);
  assert.deepEqual(rights(say({ none: 0.2, before: 0.1, after: 0.1 })), [true, undefined]);
  assert.deepEqual(rights(section64["6.4-5"]({})), [undefined, undefined]);
});

test("6.4-6: what ten times as many images gain after as many updates", () => {
  const runs = [
    row({}, 1, { validation: [0.1, 0.7] }),
    row({}, 1, { validation: [0.1, 0.86] }, { images: 3000, epochs: 11 }),
  ];
  assert.deepEqual(rights(section64["6.4-6"]({ runs, gain: 0.16 })), [true, true]);
  assert.deepEqual(rights(section64["6.4-6"]({ runs, gain: 0.14 })), [true, false]);
  assert.match(section64["6.4-6"]({ runs, gain: 0.14 })[1].off!, /0\.14 is too small by 0\.02/);
  const epochs = row({}, 1, { validation: [0.9] }, { images: 3000, epochs: 101 });
  assert.deepEqual(
    rights(section64["6.4-6"]({ runs: [runs[0], epochs], gain: 0.16 })),
    [false, undefined],
    "as many epochs are ten times as many updates",
  );
  assert.deepEqual(rights(section64["6.4-6"]({})), [undefined, undefined]);
});
