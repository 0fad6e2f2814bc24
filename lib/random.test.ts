import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { randomStream, type RandomStream } from "./random";

const BITS64 = (1n << 64n) - 1n;
const rotateLeft = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & BITS64;

/** xoroshiro128+ as its paper defines it, in 64-bit arithmetic. */
function* xoroshiro128plus(s0: bigint, s1: bigint) {
  for (;;) {
    yield (s0 + s1) & BITS64;
    s1 ^= s0;
    s0 = rotateLeft(s0, 24n) ^ s1 ^ ((s1 << 16n) & BITS64);
    s1 = rotateLeft(s1, 37n);
  }
}

/** Uniform numbers of 53 bits, from the lower half of two outputs each. */
function* reference(seed: number, name: string) {
  const hash = createHash("sha256").update(`${seed} ${name}`).digest();
  const outputs = xoroshiro128plus(hash.readBigUInt64BE(0), hash.readBigUInt64BE(8));
  for (;;) {
    const high = BigInt.asUintN(26, outputs.next().value as bigint);
    const low = BigInt.asUintN(27, outputs.next().value as bigint);
    yield Number((high << 27n) | low) / 2 ** 53;
  }
}

/** Pearson's statistic of counts that should all be equal; its mean is `counts.length - 1`. */
function chiSquare(counts: number[]): number {
  const expected = counts.reduce((a, b) => a + b) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Asserts that counts are about equal: a good generator exceeds this bound for one seed in ten thousand. */
function assertAlike(counts: number[]): void {
  const freedom = counts.length - 1;
  // Wilson and Hilferty: (χ²/k)^⅓ is about normal, mean 1 − 2/9k, variance 2/9k. 3.72 is its 0.9999 quantile.
  const bound = freedom * (1 - 2 / (9 * freedom) + 3.72 * Math.sqrt(2 / (9 * freedom))) ** 3;
  assert.ok(chiSquare(counts) < bound, `χ² = ${chiSquare(counts)} of ${freedom} degrees, bound ${bound}`);
}

/** The normal distribution function, by Simpson's rule on its density. */
function normalCdf(x: number): number {
  const steps = 200;
  const h = x / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 ? 4 : 2;
    sum += weight * Math.exp(-((i * h) ** 2) / 2);
  }
  return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

/** The largest distance between the share of values up to x and what the distribution says, times √n. */
function kolmogorovSmirnov(values: Iterable<number>, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  let distance = 0;
  sorted.forEach((x, i) => {
    const p = cdf(x);
    distance = Math.max(distance, p - i / sorted.length, (i + 1) / sorted.length - p);
  });
  return distance * Math.sqrt(sorted.length);
}

/** The 0.9999 quantile of Kolmogorov's distribution. */
const KOLMOGOROV = 2.23;

test("the reference generator gives its published first outputs from state (1, 2)", () => {
  const outputs = xoroshiro128plus(1n, 2n);
  const first = Array.from({ length: 5 }, () => outputs.next().value);
  assert.deepEqual(first, [3n, 412333834243n, 2360170716294286339n, 9295852285959843169n, 2797080929874688578n]);
});

test("a stream is xoroshiro128+ on the hash of seed and name", () => {
  for (const [seed, name] of [
    [0, "weights"],
    [1, "weights"],
    [Number.MAX_SAFE_INTEGER, ""],
  ] as const) {
    const stream = randomStream(seed, name);
    const expected = reference(seed, name);
    for (let i = 0; i < 1000; i++) assert.equal(stream.uniform(), expected.next().value);
  }
});

test("normal numbers are the polar method's, two from each point", () => {
  const uniforms = reference(5, "normal");
  const stream = randomStream(5, "normal");
  for (let i = 0; i < 500; i++) {
    let point, radius;
    do {
      point = [2 * (uniforms.next().value as number) - 1, 2 * (uniforms.next().value as number) - 1];
      radius = Math.hypot(...point);
    } while (radius >= 1);
    const length = Math.sqrt(-4 * Math.log(radius));
    for (const coordinate of point) assert.ok(Math.abs(stream.normal() - (length * coordinate) / radius) < 1e-13);
  }
});

test("the first numbers of a stream stay what they are", () => {
  const stream = randomStream(0, "weights");
  assert.deepEqual([...stream.normals(3)], [0.2023247927427292, -1.1763288974761963, 0.925835371017456]);
});

test("the same seed and name give the same numbers, whatever else is drawn in between", () => {
  const alone = Array.from(randomStream(7, "a").normals(100));
  const [a, b] = [randomStream(7, "a"), randomStream(7, "b")];
  const mixed = alone.map(() => (b.integer(10), Math.fround(a.normal())));
  assert.deepEqual(mixed, alone);
});

test("uniform numbers are uniform and below 1", () => {
  const stream = randomStream(11, "uniform");
  const values = Float64Array.from({ length: 100_000 }, () => stream.uniform());
  assert.ok(values.every((value) => value >= 0 && value < 1));
  assert.ok(kolmogorovSmirnov(values, (x) => x) < KOLMOGOROV);
});

test("normal numbers have mean 0, variance 1, no skew, the normal's tails and its distribution", () => {
  const n = 200_000;
  const values = randomStream(12, "normal").normals(n);
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / n;
  // Standard errors of the first four moments: √(Var(zᵏ) / n), Var = 1, 2, 15, 96.
  [0, 1, 0, 3].forEach((expected, i) => {
    const error = Math.sqrt([1, 2, 15, 96][i] / n);
    assert.ok(Math.abs(moment(i + 1) - expected) < 4 * error, `moment ${i + 1}: ${moment(i + 1)}`);
  });
  assert.ok(kolmogorovSmirnov(values, normalCdf) < KOLMOGOROV);
});

test("a standard deviation scales the same numbers", () => {
  const scaled = randomStream(3, "scale").normals(50, 0.01);
  const plain = randomStream(3, "scale");
  scaled.forEach((value) => assert.equal(value, Math.fround(0.01 * plain.normal())));
});

test("integers are equally likely, for numbers that do and do not divide 2³²", () => {
  for (const n of [2, 3, 10, 128, 1000]) {
    const stream = randomStream(13, "integers");
    const counts = new Array<number>(n).fill(0);
    for (let i = 0; i < 100 * n + 50_000; i++) counts[stream.integer(n)]++;
    assertAlike(counts);
  }
  assert.equal(randomStream(13, "integers").integer(1), 0);
});

test("a permutation has each number once, and all 24 orders of four are equally likely", () => {
  const stream = randomStream(14, "orders");
  assert.deepEqual(
    stream.permutation(1000).sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
  assert.deepEqual(stream.permutation(0), []);
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = stream.permutation(4).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  assertAlike([...counts.values()]);
});

test("streams of neighbouring seeds and of other names are uncorrelated", () => {
  const n = 20_000;
  const streams = [
    [0, "a"],
    [1, "a"],
    [2, "a"],
    [0, "b"],
    [0, "ab"],
    [10, "a"],
  ] as const;
  const drawn = streams.map(([seed, name]) => randomStream(seed, name).normals(n));
  drawn.forEach((x, i) =>
    drawn.slice(0, i).forEach((y) => {
      const correlation = x.reduce((sum, value, k) => sum + value * y[k], 0) / n;
      assert.ok(Math.abs(correlation) < 4 / Math.sqrt(n), `correlation ${correlation}`);
    }),
  );
});

test("the first numbers of seeds 0, 1, 2, … are as uniform as those of one stream", () => {
  const counts = new Array<number>(100).fill(0);
  for (let seed = 0; seed < 20_000; seed++) counts[Math.floor(100 * randomStream(seed, "first").uniform())]++;
  assertAlike(counts);
});

test("a seed that is not a whole number from 0 is refused, with its value", () => {
  for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(
      () => randomStream(seed, "x"),
      new RegExp(`expected a seed that is an integer from 0 to .*, got ${seed}`),
    );
  }
  assert.throws(() => randomStream("1" as unknown as number, "x"), RangeError);
});

test("integer and permutation refuse an n that they cannot draw from", () => {
  const stream = randomStream(0, "x");
  for (const n of [0, -1, 1.5, NaN]) assert.throws(() => stream.integer(n), /integer: expected n .*, got/);
  for (const n of [-1, 1.5, NaN]) assert.throws(() => stream.permutation(n), /permutation: expected n .*, got/);
});

test("a stream goes on from where another had come, a normal number in hand included", () => {
  const first = randomStream(1, "left");
  first.normal();
  first.uniform();
  const state = structuredClone(first.state());
  const draw = ({ normal, uniform, integer }: RandomStream) => [normal(), normal(), uniform(), integer(1000)];
  const second = randomStream(2, "taken up");
  second.normal();
  second.restore(state);
  assert.deepEqual(draw(second), draw(first));
});

test("normals refuse a length and a standard deviation that are none", () => {
  const stream = randomStream(0, "x");
  for (const length of [NaN, -1, 1.5, Infinity]) {
    assert.throws(() => stream.normals(length), {
      name: "RangeError",
      message: new RegExp(`length .*, got ${length}$`),
    });
  }
  for (const std of [NaN, -1, Infinity]) {
    assert.throws(() => stream.normals(2, std), { name: "RangeError", message: new RegExp(`std .*, got ${std}$`) });
  }
  assert.deepEqual([...stream.normals(0)], []);
});

test("a position that no stream has is refused: from zeros, a normal number would be sought for ever", () => {
  const stream = randomStream(1, "kept");
  const next = randomStream(1, "kept").normal();
  for (const generator of [
    [0, 0, 0, 0],
    [1, 2, 3],
    [1, 2, 3, NaN],
    [1, 2, 3, 2 ** 31],
    [0.5, 1, 2, 3],
  ]) {
    assert.throws(() => stream.restore({ generator }), {
      name: "RangeError",
      message: /expected four integers of 32 bits/,
    });
  }
  assert.throws(
    () => stream.restore({ generator: [1, 2, 3, 4], spare: NaN }),
    /expected a finite spare number, got NaN/,
  );
  assert.equal(stream.normal(), next, "and it goes on from where it was");
});
