import assert from "node:assert/strict";
import test from "node:test";
import { run } from "../experiments/run";
import { updatesOf, type RunSpec } from "../experiments/spec";
import { randomStream } from "../random";
import { computedUpdates } from "../testing/computed-updates";
import { bayesianSearch, surrogate } from "./bayesian-search";
import { narrowingSearch } from "./narrowing-search";
import { randomSearch } from "./random-search";
import {
  band,
  bestSoFar,
  bestTrial,
  compareSearches,
  search,
  type Method,
  type Problem,
  type Proposal,
} from "./search";
import { logUniform, narrow, samplePoints } from "./space";
import { rungs, successiveHalving } from "./successive-halving";

type P = { learningRate: number; weightDecay: number };

const methods = { randomSearch, narrowingSearch, successiveHalving, bayesianSearch };

/** A small form of the chapter's search: 40 training images, so that an epoch is one update. */
const problem = (seed: number, fullRuns: number): Problem<P> => ({
  space: { learningRate: logUniform(1e-6, 1), weightDecay: logUniform(1e-8, 1e-4) },
  specOf: ({ learningRate, weightDecay }, epochs): RunSpec => ({
    data: { images: 60, validation: 20, shuffleSeed: seed },
    network: { inputSize: 784, hiddenSizes: [20], outputSize: 10, weightDecay },
    optimizer: { name: "SGD", learningRate },
    batchSize: 40,
    epochs,
    record: ["validationAccuracy"],
    seed,
  }),
  epochs: 50,
  budget: 50 * fullRuns,
  seed,
});

/** What a method proposes when told the scores of a function, in place of training. */
function play(
  method: Method,
  seed: number,
  trials: number,
  score: (p: P, epochs: number) => number,
): (Proposal<P> & { score: number })[] {
  const asked: (Proposal<P> & { score: number })[] = [];
  const searching = method(problem(seed, 12));
  for (let next = searching.next(); !next.done && asked.length < trials;) {
    const scored = next.value.map((proposal) => ({ ...proposal, score: score(proposal.point, proposal.epochs) }));
    asked.push(...scored);
    next = searching.next(scored.map((trial) => trial.score));
  }
  return asked.slice(0, trials);
}

/** Best at learning rate 0.01, whatever the weight decay: 1 there, and 0 two orders of magnitude away. */
const hill = ({ learningRate }: P) => Math.exp(-((Math.log10(learningRate) + 2) ** 2));

test("logUniform draws orders of magnitude evenly", () => {
  const range = logUniform(1e-6, 1e-2);
  const stream = randomStream(1, "test");
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 8000; i++) {
    const value = range.at(stream.uniform());
    counts[Math.floor(Math.log10(value) + 6)]++;
    assert.ok(value >= 1e-6 && value <= 1e-2);
  }
  // 2000 each, with a standard deviation of 39.
  for (const count of counts) assert.ok(Math.abs(count - 2000) < 5 * 39, String(counts));
  assert.equal(range.at(0), 1e-6);
  assert.equal(range.at(1), 1e-2);
  assert.ok(Math.abs(range.position(1e-4) - 0.5) < 1e-12);
  for (const [low, high] of [
    [0, 1],
    [-1, 1],
    [2, 1],
    [NaN, 1],
    [1, Infinity],
  ]) {
    assert.throws(() => logUniform(low, high), { name: "RangeError", message: new RegExp(`got ${low} and ${high}`) });
  }
});

test("narrow spans the given points", () => {
  const { space } = problem(0, 1);
  const narrowed = narrow(space, [
    { learningRate: 1e-3, weightDecay: 1e-5 },
    { learningRate: 1e-2, weightDecay: 1e-6 },
    { learningRate: 5e-3, weightDecay: 1e-6 },
  ]);
  assert.deepEqual([narrowed.learningRate.low, narrowed.learningRate.high], [1e-3, 1e-2]);
  assert.deepEqual([narrowed.weightDecay.low, narrowed.weightDecay.high], [1e-6, 1e-5]);
});

test("every method is a pure function of its seed, and stays inside the ranges", () => {
  const { space } = problem(0, 1);
  for (const method of Object.values(methods)) {
    const trials = play(method, 3, 30, hill);
    assert.deepEqual(play(method, 3, 30, hill), trials);
    assert.notDeepEqual(play(method, 4, 30, hill), trials);
    for (const { point } of trials) {
      assert.ok(point.learningRate >= space.learningRate.low && point.learningRate <= space.learningRate.high);
      assert.ok(point.weightDecay >= space.weightDecay.low && point.weightDecay <= space.weightDecay.high);
    }
  }
});

test("random search tries the points that samplePoints draws", () => {
  const trials = play(randomSearch, 5, 20, hill);
  assert.deepEqual(
    trials.map(({ point }) => point),
    samplePoints(problem(5, 1).space, 20, 5),
  );
  assert.ok(trials.every(({ epochs }) => epochs === 50));
});

test("rounds narrow around their best half", () => {
  const trials = play(narrowingSearch, 2, 12, hill);
  for (const [round, next] of [
    [0, 4],
    [4, 8],
  ]) {
    const kept = trials
      .slice(round, round + 4)
      .sort((a, b) => b.score - a.score)
      .slice(0, 2);
    const span = narrow(
      problem(2, 1).space,
      kept.map(({ point }) => point),
    );
    for (const { point } of trials.slice(next, next + 4)) {
      assert.ok(point.learningRate >= span.learningRate.low && point.learningRate <= span.learningRate.high);
      assert.ok(point.weightDecay >= span.weightDecay.low && point.weightDecay <= span.weightDecay.high);
    }
  }
});

test("successive halving keeps the best third of each rung", () => {
  assert.deepEqual(rungs(50), [2, 6, 17, 50]);
  const trials = play(successiveHalving, 1, 27 + 9 + 3 + 1 + 27, (p, epochs) => hill(p) + epochs * 1e-6);
  let at = 0;
  for (const [size, epochs] of [
    [27, 2],
    [9, 6],
    [3, 17],
    [1, 50],
  ]) {
    const rung = trials.slice(at, at + size);
    assert.ok(rung.every((trial) => trial.epochs === epochs));
    if (at > 0) {
      const before = trials.slice(at - 3 * size, at).sort((a, b) => b.score - a.score);
      assert.deepEqual(
        rung.map(({ point }) => point),
        before.slice(0, size).map(({ point }) => point),
      );
    }
    at += size;
  }
  assert.ok(
    trials.slice(at).every(({ epochs }) => epochs === 2),
    "then it begins again",
  );
});

test("Bayesian optimization comes closer to the hill's top than random search, seed for seed on average", () => {
  const best = (method: Method, seed: number) => Math.max(...play(method, seed, 15, hill).map(({ score }) => score));
  const seeds = Array.from({ length: 20 }, (_, i) => i);
  const gaps = (method: Method) => seeds.map((seed) => 1 - best(method, seed)).sort((a, b) => a - b)[10];
  const [bayesian, random] = [gaps(bayesianSearch), gaps(randomSearch)];
  assert.ok(bayesian < random / 10, `median distance from the top: ${bayesian} and ${random}`);
});

test("a surrogate passes near the trials, in the unit of the scores, and expects improvement where it is unsure", () => {
  const range = logUniform(1e-4, 1);
  const trials = [0.001, 0.003, 0.05, 0.3].map((value) => ({
    value,
    score: 50 + 10 * hill({ learningRate: value, weightDecay: 0 }),
  }));
  const expected = surrogate(range, trials, 1, 101);
  assert.deepEqual(surrogate(range, trials, 1, 101), expected, "it is a pure function");
  assert.deepEqual([expected[0].value, expected[100].value], [1e-4, 1]);
  const best = Math.max(...trials.map(({ score }) => score));
  for (const { value, score } of trials) {
    const nearest = expected.reduce((a, b) =>
      Math.abs(Math.log(b.value / value)) < Math.abs(Math.log(a.value / value)) ? b : a,
    );
    assert.ok(Math.abs(nearest.mean - score) < 1, `${nearest.mean} at ${value}, where ${score} was found`);
    assert.ok(nearest.deviation < expected[0].deviation, "surer there than at the end of the range");
  }
  for (const { mean, deviation, improvement } of expected) {
    // Of a normal distribution: never below what the mean alone promises, and below a deviation more than that.
    assert.ok(improvement >= Math.max(mean - best, 0) - 1e-9);
    assert.ok(improvement <= Math.max(mean - best, 0) + 0.4 * deviation + 1e-9);
  }
  const next = expected.reduce((a, b) => (b.improvement > a.improvement ? b : a));
  assert.ok(next.value > 0.003 && next.value < 0.05, `the top lies between the two best trials, not at ${next.value}`);
  assert.throws(() => surrogate(range, [], 1), { name: "RangeError", message: /no trials/ });
});

test("a longer run repeats the shorter one: what going on with a trial is charged for", async () => {
  const { specOf } = problem(1, 1);
  const point = { learningRate: 0.05, weightDecay: 1e-5 };
  const [short, long] = [await run(specOf(point, 6)), await run(specOf(point, 17))];
  assert.deepEqual(long.validationAccuracy.slice(0, 6), short.validationAccuracy);
  assert.equal(updatesOf(specOf(point, 6)), short.iterations);
  assert.equal(updatesOf(specOf(point, 17)), long.iterations);
});

test("real searches: budgets are kept, scores are the runs', any number of processes", async () => {
  const problems = [problem(0, 3), problem(1, 3)];
  const reported: number[][] = [];
  const compared = await compareSearches(methods, problems, {
    workers: 2,
    onProgress: (...progress) => reported.push(progress),
  });
  for (const [name, searches] of Object.entries(compared)) {
    assert.equal(searches.length, 2);
    for (const [i, trials] of searches.entries()) {
      let spent = 0;
      const paid = new Map<string, number>();
      for (const trial of trials) {
        const key = JSON.stringify(trial.point);
        assert.equal(trial.steps, updatesOf(trial.spec) - (paid.get(key) ?? 0));
        paid.set(key, updatesOf(trial.spec));
        assert.equal((spent += trial.steps), trial.spent);
        assert.equal(trial.score, trial.history.validationAccuracy.at(-1) ?? 0);
        assert.deepEqual(trial.spec, problems[i].specOf(trial.point, trial.epochs));
      }
      assert.ok(spent <= 150 && spent > 100, `${name} spent ${spent} of 150`);
    }
  }
  assert.ok(reported.every(([done], i) => done >= (reported[i - 1]?.[0] ?? 0)));
  assert.deepEqual(reported.at(-1), [4 * 2 * 150, 4 * 2 * 150]);

  // One of them again, alone and in one process: the same to the last bit.
  assert.deepEqual(await search(bayesianSearch, problems[1], { workers: 1 }), compared.bayesianSearch[1]);

  const best = bestTrial(compared.randomSearch[0]);
  assert.ok(compared.randomSearch[0].every(({ score }) => score <= best.score));
});

test("successive halving makes no update twice, and its histories are those of whole runs", async (t) => {
  const computed = computedUpdates(t);
  const trials = await search(successiveHalving, problem(2, 4), { workers: 2 });
  assert.equal(computed(), trials.at(-1)!.spent);
  assert.ok(trials.some(({ steps, spec }) => steps < updatesOf(spec)));
  for (const { spec, history } of trials) assert.deepEqual(history, await run(spec));
});

test("the best so far, and its quartiles over seeds", () => {
  const trials = [
    [10, 0.2],
    [20, 0.5],
    [30, 0.4],
  ].map(([spent, score]) => ({ spent, score })) as Parameters<typeof bestSoFar>[0];
  assert.deepEqual(bestSoFar(trials, [5, 10, 19, 20, 30]), [null, 0.2, 0.2, 0.5, 0.5]);
  const { low, median, high } = band([
    [null, 1],
    [0, 2],
    [0, 3],
    [0, 4],
    [0, 10],
  ]);
  assert.deepEqual(
    [low, median, high],
    [
      [null, 2],
      [null, 3],
      [null, 4],
    ],
  );
  assert.deepEqual(band([[1], [2]]).low, [1.25]);
});
