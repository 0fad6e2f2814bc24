import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { expectedImprovement, GaussianProcess, normalDistribution } from "./gaussian-process";

const near = (a: number, b: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)), `expected ${b}, got ${a}`);

test("with one observation, the closed form", () => {
  const [variance, noise, lengthScale, y] = [2, 0.5, 0.3, 1.4];
  const process = new GaussianProcess([[0.2]], [y], { lengthScales: [lengthScale], variance, noise });
  const r = (Math.sqrt(5) * 0.15) / lengthScale;
  const k = variance * (1 + r + r ** 2 / 3) * Math.exp(-r);
  const { mean, deviation } = process.predict([0.35]);
  near(mean, (k / (variance + noise)) * y);
  near(deviation ** 2, variance - k ** 2 / (variance + noise));
  near(process.logLikelihood, -(y ** 2) / (2 * 2.5) - Math.log(2 * Math.PI * 2.5) / 2);
});

test("with four observations in two dimensions, what NumPy's inverse and determinant give", () => {
  const process = new GaussianProcess(
    [
      [0.1, 0.9],
      [0.4, 0.2],
      [0.75, 0.5],
      [0.9, 0.95],
    ],
    [0.3, -1.2, 0.8, 0.1],
    { lengthScales: [0.3, 0.7], variance: 1.5, noise: 0.01 },
  );
  const expected: [number[], number, number][] = [
    [[0.5, 0.5], -0.413938062886281, 0.600939271578419],
    [[0.1, 0.9], 0.2945222139229847, 0.09963092962320397],
    [[0.0, 0.0], -0.34314296310661796, 1.1035601960930115],
  ];
  for (const [place, mean, deviation] of expected) {
    const prediction = process.predict(place);
    near(prediction.mean, mean, 1e-10);
    near(prediction.deviation, deviation, 1e-10);
  }
  near(process.logLikelihood, -5.608372684934124, 1e-10);
});

test("without noise it goes through what was observed, and is as unsure as before far away", () => {
  const x = [[0.1], [0.5], [0.8]];
  const y = [0.3, -0.2, 0.9];
  const process = new GaussianProcess(x, y, { lengthScales: [0.2], variance: 1, noise: 0 });
  x.forEach((place, i) => {
    near(process.predict(place).mean, y[i], 1e-10);
    near(process.predict(place).deviation, 0, 1e-7);
  });
  near(process.predict([100]).mean, 0);
  near(process.predict([100]).deviation, 1);
});

test("equal places without noise are refused", () => {
  const twice = () => new GaussianProcess([[0.5], [0.5]], [1, 2], { lengthScales: [1], variance: 1, noise: 0 });
  assert.throws(twice, { name: "RangeError", message: /too close together for noise 0/ });
});

test("the normal distribution: published values, symmetry", () => {
  // Abramowitz and Stegun, table 26.1.
  for (const [z, p] of [
    [0, 0.5],
    [0.5, 0.691462461274013],
    [1, 0.841344746068543],
    [2, 0.977249868051821],
    [3, 0.99865010196837],
    [4, 0.999968328758167],
  ]) {
    near(normalDistribution(z), p, 1e-14);
    near(normalDistribution(-z), 1 - p, 1e-14);
  }
  assert.equal(normalDistribution(9), 1);
  assert.equal(normalDistribution(-9), 0);
});

test("expected improvement is the integral that it stands for", () => {
  for (const [mean, deviation, best] of [
    [0, 1, 0],
    [0.5, 0.2, 0.6],
    [-1, 2, 1],
    [2, 0.1, 1],
    [0, 0.5, 3],
  ]) {
    // Midpoint rule over ±10 deviations.
    let integral = 0;
    const step = deviation / 1000;
    for (let t = -10 * deviation + step / 2; t < 10 * deviation; t += step) {
      const density = Math.exp(-(t ** 2) / (2 * deviation ** 2)) / (deviation * Math.sqrt(2 * Math.PI));
      integral += Math.max(mean + t - best, 0) * density * step;
    }
    near(expectedImprovement(mean, deviation, best), integral, 1e-7);
  }
  assert.equal(expectedImprovement(2, 0, 1.5), 0.5);
  assert.equal(expectedImprovement(1, 0, 1.5), 0);
});

test("what is not a finite number is refused by name, where it would be searched for ever", () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    for (const [name, improvement] of Object.entries({
      mean: () => expectedImprovement(value, 1, 0),
      deviation: () => expectedImprovement(0, value, 0),
      best: () => expectedImprovement(0, 1, value),
    })) {
      const message = `expectedImprovement: expected a finite ${name}, got ${value}`;
      assert.throws(improvement, { name: "RangeError", message });
    }
  }
  assert.throws(() => expectedImprovement(0, -1, 0), { message: /expected a deviation of 0 or more, got -1$/ });
  assert.throws(() => normalDistribution(NaN), { name: "RangeError", message: /expected a number, got NaN$/ });
  assert.deepEqual([normalDistribution(-Infinity), normalDistribution(Infinity)], [0, 1]);
});

test("a process is refused numbers, counts and dimensions that do not fit, by name", () => {
  const options = { lengthScales: [0.5], variance: 1, noise: 0.1 };
  const refused: [number[][], number[], object, RegExp][] = [
    [[[0], [NaN]], [1, 2], {}, /places of 1 finite numbers, got \[ NaN \]/],
    [[[0], [1, 2]], [1, 2], {}, /places of 1 finite numbers, got \[ 1, 2 \]/],
    [[[0], [1]], [1], {}, /a finite value at each of 2 places, at least one, got \[ 1 \]/],
    [[[0], [1]], [1, NaN], {}, /a finite value at each of 2 places, .*got \[ 1, NaN \]/],
    [[], [], {}, /a finite value at each of 0 places, at least one, got \[\]/],
    [[[0]], [1], { lengthScales: [0] }, /a positive length scale in each dimension, got \[ 0 \]/],
    [[[0]], [1], { lengthScales: [1, 2] }, /places of 2 finite numbers, got \[ 0 \]/],
    [[[0]], [1], { variance: NaN }, /a positive variance, got NaN/],
    [[[0]], [1], { noise: -1 }, /a noise of 0 or more, got -1/],
  ];
  for (const [x, y, changed, message] of refused) {
    assert.throws(() => new GaussianProcess(x, y, { ...options, ...changed }), { name: "RangeError", message });
  }
  const process = new GaussianProcess([[0]], [1], options);
  for (const place of [[], [NaN], [0, 0]]) assert.throws(() => process.predict(place), /places of 1 finite numbers/);
  // However far away, it is as unsure as before.
  assert.deepEqual(process.predict([1e308]), { mean: 0, deviation: 1 });
});

const anything = fc.double({ noNaN: true, noDefaultInfinity: true });

test("property: expected improvement is never negative, nor less than what the mean promises", () => {
  const unit = fc.double({ min: -10, max: 10, noNaN: true });
  const numbers = (number: fc.Arbitrary<number>) => fc.tuple(number, number.map(Math.abs), number);
  fc.assert(
    fc.property(fc.oneof(numbers(anything), numbers(unit)), ([mean, deviation, best]) => {
      const improvement = expectedImprovement(mean, deviation, best);
      const rounding = 1e-12 * Math.max(Math.abs(mean), Math.abs(best), deviation);
      assert.ok(improvement >= Math.max(mean - best - rounding, 0), `${improvement}`);
    }),
    { numRuns: 2000 },
  );
});

test("property: the normal distribution rises, is symmetric, and is the integral of its density", () => {
  const deviations = fc.double({ min: -9, max: 9, noNaN: true });
  const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  fc.assert(
    fc.property(deviations, deviations, (a, b) => {
      near(normalDistribution(a) + normalDistribution(-a), 1, 1e-14);
      const [p, q] = [normalDistribution(Math.min(a, b)), normalDistribution(Math.max(a, b))];
      assert.ok(p >= -1e-15 && p <= q + 1e-15 && q <= 1 + 1e-15, `${p}, ${q}`);
      // Simpson's rule.
      const steps = 2000;
      const h = (b - a) / steps;
      let integral = density(a) + density(b);
      for (let i = 1; i < steps; i++) integral += (i % 2 ? 4 : 2) * density(a + i * h);
      near(normalDistribution(b) - normalDistribution(a), (integral * h) / 3, 1e-11);
    }),
  );
  near(normalDistribution(1.959963984540054), 0.975, 1e-14); // NIST's table of percentage points
});
