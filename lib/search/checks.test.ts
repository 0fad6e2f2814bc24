import assert from "node:assert/strict";
import test from "node:test";
import type { RunSpec } from "../experiments/spec";
import { bayesianSearch, surrogate } from "./bayesian-search";
import { narrowingSearch } from "./narrowing-search";
import { randomSearch } from "./random-search";
import {
  affordable,
  band,
  bestSoFar,
  bestTrial,
  compareSearches,
  scoreOf,
  search,
  type Method,
  type Problem,
} from "./search";
import { logUniform, narrow, samplePoints } from "./space";
import { successiveHalving } from "./successive-halving";

type P = { learningRate: number; weightDecay: number };

const specOf = ({ learningRate, weightDecay }: P, epochs: number): RunSpec => ({
  data: { images: 60, validation: 20 },
  network: { inputSize: 784, hiddenSizes: [5], outputSize: 10, weightDecay },
  optimizer: { name: "SGD", learningRate },
  batchSize: 40,
  epochs,
  record: ["validationAccuracy"],
  seed: 1,
});

const problem: Problem<P> = {
  space: { learningRate: logUniform(1e-6, 1), weightDecay: logUniform(1e-8, 1e-4) },
  specOf,
  epochs: 50,
  budget: 500,
  seed: 1,
};

const point = { learningRate: 0.1, weightDecay: 1e-6 };

/** A method that has these proposals in each of its rounds, for ever. */
function repeating(...proposals: object[]): Method {
  // What is no proposal is what these tests are about.
  return function* repeating() {
    while (true) yield proposals as never;
  };
}

/** Searches with a score of 0.5 for each trial, in place of training. */
function play(method: Method, given: Problem<P> = problem) {
  const trials = [];
  const rounds = affordable(method, given);
  for (let round = rounds.next(); !round.done; round = rounds.next(round.value.map(() => 0.5))) {
    trials.push(...round.value);
  }
  return trials;
}

/** A runner's options that would be noticed, were a runner opened: no whole number of processes. */
const unopened = { workers: 0.5 };

test("a problem that cannot be searched is refused before anything runs, and its field is named", async () => {
  const refused: [object, RegExp][] = [
    ...[NaN, 0, -1, 0.5, Infinity, "500", undefined].map((budget): [object, RegExp] => [
      { budget },
      /^problem\.budget: expected a number of updates from 1 on, got /,
    ]),
    ...[NaN, 0, -3, 2.5, Infinity, "50"].map((epochs): [object, RegExp] => [
      { epochs },
      /^problem\.epochs: expected a whole number of epoch points from 1 on, got /,
    ]),
    ...[NaN, -1, 0.5, 2 ** 53].map((seed): [object, RegExp] => [
      { seed },
      /^problem\.seed: expected an integer from 0 to 9007199254740991, got /,
    ]),
    [{ space: {} }, /^problem\.space: expected a range for at least one hyperparameter, got \{\}/],
    [{ space: undefined }, /^problem\.space: expected a range .*, got undefined/],
    [
      { space: { learningRate: [1e-6, 1] } },
      /^problem\.space\.learningRate: expected .*logUniform.*, got \[ 0\.000001, 1 \]/,
    ],
    [{ space: { learningRate: { low: 1e-6, high: 1 } } }, /^problem\.space\.learningRate: expected .*logUniform/],
    [{ space: { ...problem.space, weightDecay: null } }, /^problem\.space\.weightDecay: expected .*, got null/],
    [{ space: { learningRate: logUniform(0.1, 0.1) } }, /^problem\.space: expected more than one setting/],
    [{ budget: 49 }, /^problem\.budget: expected the 50 updates of a trial, got 49/],
  ];
  for (const [fields, message] of refused) {
    const wrong = { ...problem, ...fields } as Problem<P>;
    await assert.rejects(search(randomSearch, wrong, unopened), { name: "RangeError", message });
    // The last problem of the last method, too, before any of the others runs.
    const compared = compareSearches({ bayesianSearch, randomSearch }, [problem, wrong], unopened);
    await assert.rejects(compared, { name: "RangeError", message });
  }
});

test("a run that would give no score, or is not as long as it was to be, is refused before anything runs", async () => {
  const loseEpochs = (point: P, epochs: number) => {
    const { epochs: _, ...spec } = specOf(point, epochs);
    return spec;
  };
  const refused: [(point: P, epochs: number) => RunSpec, RegExp][] = [
    [(...a) => ({ ...specOf(...a), record: ["loss"] }), /records validationAccuracy, its score, got loss$/],
    [(...a) => ({ ...specOf(...a), record: [] }), /records validationAccuracy, its score, got nothing$/],
    [
      (...a) => ({ ...loseEpochs(...a), iterations: 100 }),
      /expected .* epochs: \d+, as asked for, got iterations: 100$/,
    ],
    [(point) => specOf(point, 7), /expected .* epochs: \d+, as asked for, got epochs: 7$/],
    [
      (point, epochs) => specOf(point, epochs / 0),
      /^spec: epochs: expected a whole number from 1 to 100000, got Infinity$/,
    ],
  ];
  for (const [wrong, message] of refused) {
    for (const method of [randomSearch, narrowingSearch, successiveHalving, bayesianSearch]) {
      const searching = search(method, { ...problem, specOf: wrong }, unopened);
      await assert.rejects(searching, { name: "TypeError", message });
    }
  }

  // And so is a later one.
  const later = (point: P, epochs: number) => specOf(point, epochs > 2 ? 50 : epochs);
  assert.throws(
    () => play(successiveHalving, { ...problem, specOf: later }),
    /epochs: 6, as asked for, got epochs: 50/,
  );
});

test("a method that never ends is stopped, and told apart from one that does", async () => {
  await assert.rejects(search(repeating(), problem, unopened), {
    name: "RangeError",
    message: "repeating: expected at least one proposal in each round, got []",
  });
  const stopped = {
    name: "RangeError",
    message: /^repeating: expected a new proposal within 100 rounds, or the end, got/,
  };
  assert.throws(() => play(repeating({ point, epochs: 2 })), stopped);
  await assert.rejects(search(repeating({ point, epochs: 2 }), problem, { workers: 1 }), stopped);
  // Longer and shorter by turns: after the first round nothing is new.
  assert.throws(() => play(repeating({ point, epochs: 9 }, { point, epochs: 2 }, { point, epochs: 9 })), stopped);

  const ending: Method = function* ({ space, epochs }) {
    const [first] = samplePoints(space, 1, 1);
    for (let i = 0; i < 5; i++) yield [{ point: first, epochs }];
  };
  assert.deepEqual(
    play(ending).map(({ steps }) => steps),
    [50, 0, 0, 0, 0],
  );
  assert.deepEqual(
    play(function* () {}),
    [],
  );
  // The ladder of a run of one epoch point asks four times for the same.
  const short = play(successiveHalving, { ...problem, epochs: 1 });
  assert.equal(short.at(-1)!.spent, 500);
});

test("a proposal outside the space, or for no number of epochs, is refused by name", () => {
  const refused: [object, RegExp][] = [
    [{ point: { learningRate: 0.1 }, epochs: 2 }, /a weightDecay from 1e-8 to 0\.0001 in each proposal, got undefined/],
    [{ point: { ...point, learningRate: NaN }, epochs: 2 }, /a learningRate from 0\.000001 to 1 .*, got NaN/],
    [{ point: { ...point, learningRate: -0 }, epochs: 2 }, /a learningRate .*, got -0/],
    [{ point: { ...point, learningRate: 1.1 }, epochs: 2 }, /a learningRate .*, got 1\.1/],
    ...[0, -1, 2.5, 51, NaN, undefined].map((epochs): [object, RegExp] => [
      { point, epochs },
      new RegExp(`whole epochs from 1 to 50 in each proposal, got ${epochs}`),
    ]),
  ];
  for (const [proposal, message] of refused) {
    assert.throws(() => play(repeating(proposal)), { name: "RangeError", message });
  }
});

test("a setting is the same in any order of its names, and another one if its run is", () => {
  const turned = { weightDecay: point.weightDecay, learningRate: point.learningRate };
  const rounds: Method = function* () {
    yield [
      { point, epochs: 2 },
      { point: turned, epochs: 6 },
      { point, epochs: 3 },
    ] as never;
  };
  // The 3 epoch points go on from the 2; those that the 6 are more do not help.
  assert.deepEqual(
    play(rounds).map(({ steps }) => steps),
    [2, 4, 1],
  );
  // Two settings are charged for two runs, even if these are equal.
  const other = { ...point, weightDecay: 1e-5 };
  const twins: Method = function* () {
    yield [
      { point, epochs: 2 },
      { point: other, epochs: 2 },
    ] as never;
  };
  assert.deepEqual(
    play(twins, { ...problem, specOf: (_, epochs) => specOf(point, epochs) }).map(({ steps }) => steps),
    [2, 2],
  );
  // A schedule as long as the run: no run of it goes on from a shorter one.
  const scheduled = (point: P, epochs: number): RunSpec => ({
    ...specOf(point, epochs),
    optimizer: { name: "SGD", learningRate: point.learningRate, schedule: { decay: "linear", updates: epochs } },
  });
  assert.deepEqual(
    play(rounds, { ...problem, specOf: scheduled }).map(({ steps }) => steps),
    [2, 6, 3],
  );
});

test("a score is a number from 0 to 1, whatever a history holds", () => {
  assert.equal(scoreOf({ validationAccuracy: [0.3, 0.25] }), 0.25);
  assert.equal(scoreOf({ validationAccuracy: [0.3, null] }), 0);
  for (const last of [NaN, 1e9, -0.1, Infinity, "0.99", undefined]) {
    const history = { validationAccuracy: [0.5, last as number] };
    assert.throws(() => scoreOf(history), { name: "RangeError", message: /expected a validationAccuracy from 0 to 1/ });
  }
  assert.throws(() => scoreOf({ validationAccuracy: [] }), /got undefined/);
});

test("a method is told a finite score for each of its proposals, or says so", () => {
  for (const method of [bayesianSearch, narrowingSearch, successiveHalving]) {
    for (const score of [NaN, Infinity, "0.5" as unknown as number]) {
      const searching = method(problem);
      const { value } = searching.next();
      const scores = value!.map(() => score);
      assert.throws(() => searching.next(scores), { name: "RangeError", message: /^scores: expected a finite number/ });
    }
    const searching = method(problem);
    searching.next();
    assert.throws(() => searching.next([]), { name: "RangeError", message: /^scores: expected .*, got \[\]/ });
  }
});

test("a surrogate is refused scores, values and counts that it cannot work with", () => {
  const range = logUniform(1e-4, 1);
  const trial = { value: 0.1, score: 0.5 };
  for (const score of [NaN, Infinity]) {
    assert.throws(() => surrogate(range, [trial, { value: 0.2, score }], 1), {
      name: "RangeError",
      message: /^scores: /,
    });
  }
  for (const value of [NaN, 0, -1, 1e-5, 2, Infinity]) {
    assert.throws(() => surrogate(range, [{ value, score: 0.5 }], 1), {
      name: "RangeError",
      message: new RegExp(`expected a value from 0\\.0001 to 1, got ${value}`),
    });
  }
  for (const count of [1, 0, NaN, -1, 2.5, Infinity]) {
    assert.throws(() => surrogate(range, [trial], 1, count), {
      name: "RangeError",
      message: `surrogate: expected a whole number of values from 2 on, got ${count}`,
    });
  }
  assert.deepEqual(
    surrogate(range, [trial], 1, 2).map(({ value }) => value),
    [1e-4, 1],
  );
});

test("ranges, settings and results are refused what they cannot answer", () => {
  const range = logUniform(1e-4, 1);
  for (const u of [NaN, -0.1, 1.1])
    assert.throws(() => range.at(u), { message: `LogUniform.at: expected a position from 0 to 1, got ${u}` });
  for (const value of [NaN, 0, -1, 1e-5, 2]) assert.throws(() => range.position(value), RangeError);
  assert.throws(() => logUniform(1, 1).position(2), /expected a value from 1 to 1, got 2/);

  for (const count of [2.5, NaN, -1, Infinity]) {
    assert.throws(() => samplePoints(problem.space, count, 1), {
      message: `samplePoints: expected a whole number of settings, got ${count}`,
    });
  }
  assert.deepEqual(samplePoints(problem.space, 0, 1), []);
  assert.throws(() => narrow(problem.space, []), {
    name: "RangeError",
    message: /^narrow: expected at least one setting/,
  });
  const half = [point, { learningRate: 0.1 } as P];
  assert.throws(
    () => narrow(problem.space, half),
    /^RangeError: narrow: expected a positive weightDecay .*, got undefined/,
  );

  assert.throws(() => bestTrial([]), { name: "RangeError", message: "bestTrial: expected at least one trial, got []" });
  assert.deepEqual(bestSoFar([], [0, 10]), [null, null]);
  assert.throws(() => bestSoFar([], [0, NaN]), { name: "RangeError", message: /^bestSoFar: .*, got NaN/ });
  assert.throws(() => band([]), { name: "RangeError", message: "band: expected at least one curve, got []" });
  assert.throws(() => band([[1, 2], [1]]), { name: "RangeError", message: "band: expected 2 values a curve, got 1" });
  assert.throws(() => band([[1], [NaN]]), {
    name: "RangeError",
    message: "band: expected finite numbers or null, got [ NaN ]",
  });
});
