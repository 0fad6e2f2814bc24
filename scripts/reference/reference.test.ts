// The library against the NumPy reference, on each of the chapter's experiments with reduced counts.
import assert from "node:assert/strict";
import test from "node:test";
import type { History, RunSpec } from "../../lib/index.js";
import { chapterExperiments } from "../bench/experiments.js";
import { loadLibrary } from "../library.js";
import { startReference } from "./reference.js";

const library = loadLibrary("index");
const accuracies = ["trainAccuracy", "validationAccuracy", "testAccuracy"] as const;

// One thread, as beside other work two of them spend most of their time waiting for each other.
const numpy = startReference({ ...process.env, OPENBLAS_NUM_THREADS: "1" });
test.after(() => numpy.close());

for (const { id, specs } of chapterExperiments(library)) {
  test(`${id}: with the same weights, batches and masks, every number is the reference's`, async () => {
    for (const full of oneInEvery(id === "6-24" ? 60 : id === "6-19" ? 10 : 1, specs)) {
      const spec = reduced(full, 12, 2);
      const ours = await library.run({
        ...spec,
        record: [...new Set([...spec.record, "loss" as const])],
      });
      const { history } = await numpy.ask({
        spec: { ...spec, record: ["loss", ...spec.record] },
        draws: draws(spec, ours.loss.length),
      });
      compare(ours, history);
    }
  });
}

test("losses and accuracies over seeds lie where the reference's own random numbers put them", async () => {
  const seeds = [1, 2, 3, 4];
  const of = Object.fromEntries(chapterExperiments(library).map(({ id, specs }) => [id, specs]));
  const fastest = of["6-24"].reduce((a, b) => (a.optimizer.learningRate > b.optimizer.learningRate ? a : b));
  const specs = [...of["6-9"], of["6-15"][1], ...of["6-18"], of["6-21"][0], of["6-23 right"][0], fastest].map((spec) =>
    reduced({ ...spec, data: { ...spec.data, images: Math.min(spec.data.images, 5000) } }, 60, 5),
  );
  const seeded = specs.flatMap((spec) => seeds.map((seed) => ({ ...spec, seed })));
  const ours = await library.runAll(seeded, { workers: 2 });
  const reference: History[] = [];
  for (const spec of seeded) reference.push((await numpy.ask({ spec })).history);

  specs.forEach((spec, i) => {
    for (const what of spec.record) {
      const [a, b] = [ours, reference].map((histories) =>
        histories.slice(i * seeds.length, (i + 1) * seeds.length).map((history) => average(history[what].slice(-3))),
      );
      const standardError = Math.hypot(spread(a), spread(b)) / Math.sqrt(seeds.length);
      const message = `${what} of ${JSON.stringify(spec)}: ${a.join(", ")}; the reference's ${b.join(", ")}`;
      assert.ok(standardError > 0, message);
      assert.ok(Math.abs(average(a) - average(b)) <= 4 * standardError, message);
    }
  });
});

/**
 * Losses to 1e-5 of their value (float32 rounds to 6e-8, and a few dozen updates carry that on), accuracies to one
 * image in a thousand whose two best scores may tie. Where our weights or loss have left float32, the reference's loss,
 * which has float64's room, must be on its way out.
 */
function compare(ours: History, reference: History): void {
  assert.equal(ours.loss.length, reference.loss.length);
  ours.loss.forEach((loss, i) => {
    const expected = reference.loss[i];
    if (loss === null)
      assert.ok(expected === null || expected > 1e12, `update ${i + 1}: diverged, the reference is at ${expected}`);
    else
      assert.ok(
        expected !== null && Math.abs(loss - expected) <= 1e-5 * expected,
        `update ${i + 1}: ${loss}, expected ${expected}`,
      );
  });
  for (const what of accuracies) {
    assert.equal(ours[what].length, reference[what].length, what);
    ours[what].forEach((accuracy, i) => {
      if (accuracy === null) assert.notEqual(ours.divergedAt, null);
      else
        assert.ok(
          Math.abs(accuracy - Number(reference[what][i])) <= 1e-3,
          `${what} ${i}: ${accuracy}, expected ${reference[what][i]}`,
        );
    });
  }
}

/** The random numbers of a run, read from the library's streams in the order in which the reference uses them. */
function draws({ data, network, batchSize, seed }: RunSpec, updates: number) {
  const { validation = 0, images, shuffleSeed } = data;
  const sizes = [network.inputSize, ...network.hiddenSizes, network.outputSize];
  const units = network.hiddenSizes.reduce((sum, size) => sum + size, 0);
  const [weights, batches, masks] = ["weights", "batches", "dropout"].map((name) => library.randomStream(seed, name));
  const take = (length: number, draw: () => number) => Array.from({ length }, draw);
  return {
    ...(shuffleSeed !== undefined && { order: library.randomStream(shuffleSeed, "shuffle").permutation(images) }),
    weights: take(
      sizes.slice(1).reduce((sum, size, i) => sum + sizes[i] * size, 0),
      weights.normal,
    ),
    batches: take(updates * batchSize, () => batches.integer(images - validation)),
    ...(network.dropoutRate && { uniforms: take(updates * batchSize * units, masks.uniform) }),
  };
}

const reduced = (spec: RunSpec, updates: number, points: number): RunSpec =>
  spec.epochs === undefined ? { ...spec, iterations: updates } : { ...spec, epochs: points };

const oneInEvery = <T>(n: number, values: T[]) => values.filter((_, i) => i % n === 0);

const average = (values: (number | null)[]) =>
  values.reduce((sum: number, value) => sum + Number(value), 0) / values.length;

/** The standard deviation of what the values are drawn from. */
const spread = (values: number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - average(values)) ** 2, 0) / (values.length - 1));
