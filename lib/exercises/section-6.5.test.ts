import assert from "node:assert/strict";
import test from "node:test";
import type { History, RunSpec } from "../index";
import type { Finding } from "./finding";
import { section65 } from "./section-6.5";

const rights = (findings: Finding[]) => findings.map(({ right }) => right);

test("6.5-1: the first fifth in order of the digits", () => {
  const check = section65["6.5-1"];
  // Of the first 500 labels of MNIST, 50 are 0 and 66 are 1.
  assert.deepEqual(rights(check({ digits: [0, 1], highestAccuracy: 0.5 })), [true, true]);
  assert.deepEqual(rights(check({ digits: [1, 0, 1], highestAccuracy: 0.5 })), [true, true]);
  assert.deepEqual(rights(check({ digits: [0, 1, 2], highestAccuracy: 0.46 })), [false, false]);
  assert.deepEqual(rights(check({})), [undefined, undefined]);
});

/** A grid's trials, whose accuracies depend on the learning rate alone. */
const grid = [-5.5, -4.5, -3.5, -2.5].flatMap((u) =>
  [-7.5, -6.5, -5.5, -4.5].map((v) => ({
    spec: {
      data: { images: 500, validation: 100, shuffleSeed: 1 },
      network: {
        inputSize: 784,
        hiddenSizes: [100, 100, 100, 100, 100, 100],
        outputSize: 10,
        weightDecay: 10 ** v,
      },
      optimizer: { name: "SGD", learningRate: 10 ** u },
      batchSize: 100,
      epochs: 50,
      record: ["validationAccuracy"],
      seed: 1,
    } as RunSpec,
    history: { validationAccuracy: [0.1, 0.7 + u / 10] } as History,
  })),
);

test("6.5-2: the trials are those of the grid, and the number is the one that they have", () => {
  const check = section65["6.5-2"];
  assert.deepEqual(rights(check({ runs: grid, differentAccuracies: 4 })), [true, true, true]);
  assert.deepEqual(rights(check({ runs: grid, differentAccuracies: 16 })), [true, true, false]);
  assert.deepEqual(rights(check({ runs: grid })), [true, true, undefined]);
  assert.deepEqual(rights(check({})), [undefined, undefined, undefined]);
  assert.deepEqual(rights(check({ runs: [...grid.slice(1), grid[1]], differentAccuracies: 4 })), [false, true, true]);
  const longer = { ...grid[0], spec: { ...grid[0].spec, epochs: 60 } };
  assert.deepEqual(rights(check({ runs: [longer, ...grid.slice(1)], differentAccuracies: 4 })), [true, false, true]);
  const [ends] = check({
    runs: grid.map((run) => ({ ...run, spec: { ...run.spec, optimizer: grid[0].spec.optimizer } })),
  });
  assert.match(ends.off!, /12 of the 16 settings are missing, such as learning rate 3.2e-5 with weight decay 3.2e-8/);
});

test("6.5-3: shares of the ranges", () => {
  const check = section65["6.5-3"];
  // Nearly 9 of 10, 97 of 100, and a power of ten and a half of seven.
  const answer = { goodEvenly: 0.9, divergingEvenly: 0.97, divergingByExponent: 1.523 / 7 };
  assert.deepEqual(rights(check(answer)), [true, true, true]);
  assert.deepEqual(rights(check({ goodEvenly: 0.09, divergingEvenly: 0.7, divergingByExponent: 0.97 })), [
    false,
    false,
    false,
  ]);
  assert.deepEqual(rights(check({})), [undefined, undefined, undefined]);
});

test("6.5-4: the best of a hundred is the one of the binomial distribution", () => {
  const check = section65["6.5-4"];
  // By simulation, in another way than the check: 100 coins, each thrown 100 times, 2000 times over.
  let state = 1;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
  let sum = 0;
  for (let search = 0; search < 2000; search++) {
    let most = 0;
    for (let network = 0; network < 100; network++) {
      let right = 0;
      for (let image = 0; image < 100; image++) if (uniform() < 0.8) right++;
      most = Math.max(most, right);
    }
    sum += most / 100;
  }
  assert.deepEqual(rights(check({ bestAccuracy: sum / 2000 })), [true]);
  assert.deepEqual(rights(check({ bestAccuracy: 0.8 })), [false]);
  assert.deepEqual(rights(check({})), [undefined]);
});
