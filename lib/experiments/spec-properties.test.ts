// What holds of any spec, right or wrong.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { runKey } from "./key";
import { segmentEnds } from "./local/segments";
import { evaluationsOf, multiplications, parseRunSpec, updatesOf, type OptimizerSpec, type RunSpec } from "./spec";

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const positive = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const wholeFrom = (min: number, max: number) => fc.integer({ min, max });

/** As JSON makes it: with the usual prototype. */
const plain = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(fields, { noNullPrototype: true });

const schedule = fc.oneof(
  plain({ warmUp: wholeFrom(1, 100) }),
  plain({
    warmUp: optional(wholeFrom(1, 100)),
    decay: fc.constantFrom("linear" as const, "cosine" as const),
    updates: wholeFrom(101, 5000),
  }),
);
const optimizer = fc.oneof<fc.Arbitrary<OptimizerSpec>[]>(
  plain({ name: fc.constantFrom("SGD", "AdaGrad"), learningRate: positive, schedule: optional(schedule) }),
  plain({ name: fc.constantFrom("Momentum", "Nesterov"), learningRate: positive, momentum: optional(share) }),
  plain({ name: fc.constant("RMSProp"), learningRate: positive, decayRate: optional(share) }),
  plain({ name: fc.constantFrom("Adam", "AdamW"), learningRate: positive, beta1: optional(share), beta2: share }),
);
const network = plain({
  inputSize: fc.constant(784),
  hiddenSizes: fc.array(wholeFrom(1, 200), { maxLength: 4 }),
  outputSize: fc.constant(10),
  activation: optional(fc.constantFrom("relu" as const, "sigmoid" as const, "tanh" as const)),
  initialWeights: optional(fc.oneof(fc.constantFrom("he" as const, "xavier" as const), share)),
  batchNormalization: optional(fc.constantFrom("before" as const, "after" as const)),
  dropoutRate: optional(share),
  invertedDropout: optional(fc.boolean()),
  weightDecay: optional(positive),
  weightDecayNorm: optional(fc.constantFrom("L1" as const, "L2" as const, "max" as const)),
});
const length = fc.oneof(
  wholeFrom(1, 1000).map((iterations) => ({ iterations })),
  fc
    .tuple(wholeFrom(1, 20), wholeFrom(1, 20))
    .map(([every, points]) => ({ epochs: every * points + 1, evaluateEvery: every })),
);
const anySpec: fc.Arbitrary<RunSpec> = plain({
  data: plain({
    images: wholeFrom(100, 60_000),
    validation: wholeFrom(1, 99),
    shuffleSeed: optional(fc.maxSafeNat()),
  }),
  network,
  optimizer,
  batchSize: wholeFrom(1, 500),
  length,
  record: fc.subarray(["loss" as const, "trainAccuracy" as const, "validationAccuracy" as const]),
  seed: fc.maxSafeNat(),
}).map(({ length, ...rest }) => ({ ...rest, ...length }));

test("property: a right spec is given back as it is, also through JSON, and has one key", () => {
  fc.assert(
    fc.property(anySpec, (spec) => {
      assert.deepEqual(parseRunSpec(spec), spec);
      const sent: unknown = JSON.parse(JSON.stringify(spec));
      assert.equal(runKey(parseRunSpec(sent)), runKey(spec));
      const turned = Object.fromEntries(Object.entries(spec).reverse()) as unknown as RunSpec;
      assert.equal(runKey(parseRunSpec(turned)), runKey(spec));
    }),
    { numRuns: 300 },
  );
});

test("property: what a right spec takes are whole, finite numbers, and its segments reach from the first update to the last", () => {
  fc.assert(
    fc.property(anySpec, wholeFrom(1, 50), (spec, wanted) => {
      for (const number of [updatesOf(spec), evaluationsOf(spec), multiplications(spec)])
        assert.ok(Number.isSafeInteger(number) && number >= 0, String(number));
      const ends = segmentEnds(spec, wanted);
      assert.equal(ends.at(-1), updatesOf(spec));
      assert.ok(
        ends.every((end, i) => Number.isInteger(end) && end > (ends[i - 1] ?? 0)),
        ends.join(),
      );
    }),
    { numRuns: 300 },
  );
});

/** All places in a value, with the objects that they are in. */
function places(value: object): [owner: Record<string, unknown>, key: string][] {
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((key) => {
    const part = owner[key];
    const inside = typeof part === "object" && part !== null ? places(part) : [];
    return [[owner, key] as [Record<string, unknown>, string], ...inside];
  });
}

test("property: a spec with anything in any place is refused by name, or gives what it was and can be run", () => {
  let refused = 0;
  fc.assert(
    fc.property(anySpec, fc.nat(), fc.anything(), (spec, place, anything) => {
      const changed = structuredClone(spec);
      const all = places(changed);
      const [owner, key] = all[place % all.length];
      owner[key] = anything;
      try {
        const parsed = parseRunSpec(changed);
        assert.deepEqual(parsed, changed);
        assert.ok(updatesOf(parsed) >= 1 && multiplications(parsed) <= 1e16);
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error));
        assert.match(error.message, /^spec:/);
        assert.ok(error.message.length < 2000);
        assert.doesNotMatch(error.message, /(?!\n)[\p{Cc}\p{Cf}]/u);
        refused++;
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(refused > 500, `${refused} refused`);
});

test("property: whatever is no spec is refused", () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }), (value) => {
      assert.throws(() => parseRunSpec(value), TypeError);
    }),
    { numRuns: 500 },
  );
  assert.equal(({} as { seed?: number }).seed, undefined);
});
