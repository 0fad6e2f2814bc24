/** What holds of searches and spaces in general, tried on random ones. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { RunSpec } from "../experiments/spec";
import { bayesianSearch } from "./bayesian-search";
import { best, narrowingSearch } from "./narrowing-search";
import { randomSearch } from "./random-search";
import { affordable, band, bestSoFar, type Method, type Problem, type Trial } from "./search";
import { logUniform, narrow, samplePoints, type LogUniform, type Space } from "./space";
import { rungs, successiveHalving } from "./successive-halving";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const seed = fc.nat();

/** Ranges from one value to all of the positive numbers. */
const range: fc.Arbitrary<LogUniform> = fc
  .tuple(...([1, 2] as const).map(() => fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true })))
  .map(([a, b]) => logUniform(Math.min(a, b), Math.max(a, b)));

/** Ranges as people search them, of a rate that a spec allows. */
const rates = fc
  .tuple(fc.double({ min: -8, max: 0, noNaN: true }), fc.double({ min: 0.01, max: 6, noNaN: true }))
  .map(([from, width]) => logUniform(10 ** from, 10 ** (from + width)));

type P = { learningRate: number; weightDecay: number };

const problem: fc.Arbitrary<Problem<P>> = fc
  .record({
    space: fc.record({ learningRate: rates, weightDecay: rates }),
    epochs: fc.integer({ min: 1, max: 60 }),
    runs: fc.double({ min: 1, max: 20, noNaN: true }),
    seed,
    images: fc.integer({ min: 2, max: 300 }),
    batchSize: fc.integer({ min: 1, max: 200 }),
  })
  .map(({ space, epochs, runs, seed, images, batchSize }) => {
    const specOf = ({ learningRate, weightDecay }: P, epochs: number): RunSpec => ({
      data: { images, validation: 1 },
      network: { inputSize: 784, hiddenSizes: [5], outputSize: 10, weightDecay },
      optimizer: { name: "SGD", learningRate },
      batchSize,
      epochs,
      record: ["validationAccuracy"],
      seed,
    });
    const perEpoch = Math.max(Math.floor((images - 1) / batchSize), 1);
    return { space, specOf, epochs, budget: runs * ((epochs - 1) * perEpoch + 1), seed };
  });

/** Scores to tell a search, again and again: any, all equal, all 0. */
const scores = fc.oneof(
  fc.array(share, { minLength: 1, maxLength: 40 }),
  share.map((score) => [score]),
  fc.constant<number[]>([0]),
);

test("property: positions and values are each other's inverses, in order, and inside the range", () => {
  fc.assert(
    fc.property(range, share, share, (range, u, v) => {
      const [a, b] = [range.at(Math.min(u, v)), range.at(Math.max(u, v))];
      assert.ok(range.low <= a && b <= range.high);
      // The powers of ten are rounded to the last digit or two; over 600 orders of magnitude that is 1e-13.
      assert.ok(a <= b * (1 + 1e-12), `${a} before ${b}`);
      for (const value of [a, b]) {
        const position = range.position(value);
        assert.ok(position >= 0 && position <= 1);
        // Numbers below 1e-307 have fewer digits.
        const error = Math.abs(range.at(position) / value - 1);
        assert.ok(error < 1e-12 || value < 1e-307, `${range.at(position)}, not ${value}`);
      }
      assert.ok(range.position(a) <= range.position(b) + 1e-12);
    }),
    { numRuns: 2000 },
  );
});

test("property: samplePoints are the same again, the first of more, and spanned by narrow", () => {
  const space = fc.record({ a: range, b: range });
  fc.assert(
    fc.property(space, fc.integer({ min: 1, max: 20 }), seed, (space: Space<{ a: number; b: number }>, count, seed) => {
      const points = samplePoints(space, count, seed);
      assert.deepEqual(samplePoints(space, count + 3, seed).slice(0, count), points);
      const narrowed = narrow(space, points);
      for (const name of ["a", "b"] as const) {
        const values = points.map((point) => point[name]);
        assert.deepEqual([narrowed[name].low, narrowed[name].high], [Math.min(...values), Math.max(...values)]);
        assert.ok(space[name].low <= narrowed[name].low && narrowed[name].high <= space[name].high);
      }
    }),
  );
});

const methods: [Method, number][] = [
  [randomSearch, 200],
  [narrowingSearch, 200],
  [successiveHalving, 100],
  [bayesianSearch, 15],
];
for (const [method, numRuns] of methods) {
  test(`property: ${method.name} stays inside the space and the budget, whatever the scores`, () => {
    fc.assert(
      fc.property(problem, scores, (problem, scores) => {
        const trials = played(method, problem, scores);
        assert.deepEqual(played(method, problem, scores), trials, "it is a pure function");
        let spent = 0;
        for (const { point, epochs, steps, ...trial } of trials) {
          for (const [name, { low, high }] of Object.entries(problem.space)) {
            const value = point[name as keyof P];
            assert.ok(value >= low && value <= high);
          }
          assert.ok(Number.isInteger(epochs) && epochs >= 1 && epochs <= problem.epochs);
          assert.ok(Number.isInteger(steps) && steps >= 0);
          assert.equal((spent += steps), trial.spent);
        }
        assert.ok(trials.length > 0 && spent <= problem.budget);
      }),
      { numRuns },
    );
  });
}

/** A search that is told these scores in turn, in place of training. */
function played(method: Method, problem: Problem<P>, scores: number[]) {
  const trials = [];
  const rounds = affordable(method, problem);
  for (let round = rounds.next(); !round.done;) {
    const from = trials.length;
    trials.push(...round.value);
    round = rounds.next(round.value.map((_, i) => scores[(from + i) % scores.length]));
  }
  return trials;
}

test("property: the best are as many as asked for, and no worse than the others", () => {
  const scored = fc.array(fc.record({ point: fc.record({ a: share }), score: share }), { minLength: 1 });
  fc.assert(
    fc.property(scored, share, (scored, kept) => {
      const points = scored.map(({ point }) => point);
      const count = Math.floor(kept * points.length);
      const found = best(
        points,
        scored.map(({ score }) => score),
        count,
      );
      assert.equal(found.length, count);
      const scoreOf = (point: { a: number }) => scored[points.indexOf(point)].score;
      const others = points.filter((point) => !found.includes(point)).map(scoreOf);
      assert.ok(Math.min(Infinity, ...found.map(scoreOf)) >= Math.max(-Infinity, ...others));
    }),
  );
});

test("property: rungs rise to a whole run", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), (epochs) => {
      const lengths = rungs(epochs);
      assert.equal(lengths.at(-1), epochs);
      assert.ok(lengths.every((length, i) => Number.isInteger(length) && length >= (lengths[i - 1] ?? 1)));
    }),
  );
});

test("property: the best so far never falls, nor do its quartiles, which are in order", () => {
  const trial = fc.record({ spent: fc.nat({ max: 100 }), score: share });
  const searches = fc.array(fc.array(trial, { maxLength: 10 }), { minLength: 1, maxLength: 6 });
  const updates = fc
    .array(fc.nat({ max: 110 }), { minLength: 1, maxLength: 20 })
    .map((all) => all.sort((a, b) => a - b));
  const rises = (curve: (number | null)[]) =>
    curve.slice(1).every((value, i) => (value ?? -1) >= (curve[i] ?? -1) - 1e-12);
  fc.assert(
    fc.property(searches, updates, (searches, updates) => {
      const curves = searches.map((trials) => bestSoFar(trials as Trial<P>[], updates));
      const { low, median, high } = band(curves);
      assert.ok([...curves, low, median, high].every(rises));
      low.forEach((value, i) => {
        const isKnown = curves.every((curve) => curve[i] !== null);
        assert.equal(value !== null, isKnown);
        if (isKnown) assert.ok(value! <= median[i]! && median[i]! <= high[i]!);
      });
    }),
  );
});
