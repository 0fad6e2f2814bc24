import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { randomStream } from "../random";
import { smoothCurve } from "./smooth-curve";

/** Largest difference between two curves that have no gap. */
function difference(actual: (number | null)[], expected: number[]): number {
  assert.equal(actual.length, expected.length);
  return Math.max(...expected.map((value, i) => Math.abs((actual[i] as number) - value)));
}

/** numpy.kaiser(11, 2), NumPy 1.26.4. */
const kaiser = [
  0.4386762798370488, 0.6113943543616491, 0.7676749968275236, 0.8921614338542879, 0.9723298008693713, 1.0,
  0.9723298008693713, 0.8921614338542879, 0.7676749968275236, 0.6113943543616491, 0.4386762798370488,
];

test("a single spike takes the shape of NumPy's Kaiser window", () => {
  const spike = new Array<number>(31).fill(0);
  spike[15] = 1;
  const sum = kaiser.reduce((a, b) => a + b);
  const expected = new Array<number>(31).fill(0);
  kaiser.forEach((weight, i) => (expected[10 + i] = weight / sum));
  assert.ok(difference(smoothCurve(spike), expected) < 1e-15);
});

// Made with NumPy 1.26.4, x being the first array below:
//   s = np.r_[x[10:0:-1], x, x[-1:-11:-1]]; w = np.kaiser(11, 2)
//   np.convolve(w / w.sum(), s, mode="valid")[5:-5]
test("a curve of 16 values, edges and all, is what NumPy makes of it", () => {
  const values = [0.0, 3.7, 7.4, 1.0, 4.7, 8.4, 2.0, 5.7, 9.4, 3.0, 6.7, 0.3, 4.0, 7.7, 1.3, 5.0];
  const expected = [
    4.190514466127567, 3.9528493715696005, 4.081334387142721, 4.568435934249946, 4.558398030338764, 4.880702095427861,
    4.989601647691219, 4.961748774965014, 4.953743900944087, 4.912327598997106, 4.787672401002893, 4.552208955446072,
    4.415357582509206, 4.386882222811018, 4.1581975326598855, 4.04528233118082,
  ];
  assert.ok(difference(smoothCurve(values), expected) < 1e-14);
});

test("a constant stays, and the curve keeps its length, from 0 values up", () => {
  for (const length of [0, 1, 2, 3, 5, 6, 10, 11, 12, 100]) {
    assert.ok(difference(smoothCurve(new Float32Array(length).fill(3)), new Array(length).fill(3)) < 1e-14);
  }
  assert.deepEqual(smoothCurve([]), []);
});

test("short curves are mirrored as often as it takes", () => {
  // Around place 0 of [a, b], mirrored at a and behind b: … b b a b b a b b …, worked out by hand.
  const [a, b] = [2, 7];
  const around = [b, b, a, b, b, a, b, b, a, b, b];
  const mean = around.reduce((sum, value, j) => sum + value * kaiser[j], 0) / kaiser.reduce((x, y) => x + y);
  assert.ok(Math.abs((smoothCurve([a, b])[0] as number) - mean) < 1e-14);
});

test("smoothing takes out the share of noise that the window's weights say", () => {
  const noise = randomStream(3, "smooth-curve test").normals(100_000);
  const smoothed = smoothCurve(noise) as number[];
  const variance = smoothed.reduce((sum, value) => sum + value * value, 0) / smoothed.length;
  const sum = kaiser.reduce((a, b) => a + b);
  const expected = kaiser.reduce((total, weight) => total + (weight / sum) ** 2, 0);
  assert.ok(Math.abs(variance / expected - 1) < 0.03, `variance ${variance}, expected ${expected}`);
});

test("what is not a number stays a gap and does not spread", () => {
  const values = [1, 1, 1, NaN, 1, Infinity, 1, null, 1, -Infinity, 1, 1];
  const smoothed = smoothCurve(values);
  values.forEach((value, i) => {
    if (value === 1) assert.ok(Math.abs((smoothed[i] as number) - 1) < 1e-15);
    else assert.equal(smoothed[i], null);
  });
  assert.deepEqual(smoothCurve([NaN, null]), [null, null]);
});

test("the curve that was given is left alone", () => {
  const values = [3, 1, 2];
  smoothCurve(values);
  assert.deepEqual(values, [3, 1, 2]);
});

/** What a curve of losses may hold: float32, gaps among them. */
const loss = fc.float({ noNaN: true, noDefaultInfinity: true });
const gap = fc.constantFrom(null, NaN, Infinity, -Infinity);
const curveFrom = (minLength: number) =>
  fc.array(fc.oneof({ arbitrary: loss, weight: 5 }, { arbitrary: gap, weight: 1 }), {
    minLength,
    maxLength: 60,
    size: "max",
  });
const curve = curveFrom(0);

test("property: a curve keeps its length and its gaps, and stays between its least and its greatest value", () => {
  fc.assert(
    fc.property(curve, (values) => {
      const smoothed = smoothCurve(values);
      assert.equal(smoothed.length, values.length);
      const finite = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
      const rounding = 1e-14 * Math.max(...finite.map(Math.abs));
      values.forEach((value, i) => {
        const mean = smoothed[i];
        if (value === null || !Number.isFinite(value)) assert.equal(mean, null);
        else assert.ok(mean! >= Math.min(...finite) - rounding && mean! <= Math.max(...finite) + rounding, `${mean}`);
      });
    }),
  );
});

test("property: a constant stays, whatever its gaps", () => {
  fc.assert(
    fc.property(curve, loss, (values, constant) => {
      const smoothed = smoothCurve(values.map((value) => (Number.isFinite(value) ? constant : value)));
      for (const mean of smoothed) {
        if (mean !== null) assert.ok(Math.abs(mean - constant) <= 1e-14 * Math.abs(constant), `${mean}`);
      }
    }),
  );
});

test("property: a curve with its mirror image written out beyond an end is smoothed the same", () => {
  // Shorter ones are mirrored more than once.
  fc.assert(
    fc.property(curveFrom(6), (values) => {
      const image = [...values].reverse();
      const smoothed = smoothCurve(values);
      assert.deepEqual(smoothCurve([...image.slice(0, -1), ...values]).slice(values.length - 1), smoothed);
      assert.deepEqual(smoothCurve([...values, ...image]).slice(0, values.length), smoothed);
    }),
  );
});

test("property: away from its ends, where the two are mirrored differently, a reversed curve is smoothed to the reverse", () => {
  fc.assert(
    fc.property(curveFrom(11), (values) => {
      const [there, back] = [smoothCurve(values), smoothCurve([...values].reverse()).reverse()].map((smoothed) =>
        smoothed.slice(5, -5),
      );
      there.forEach((mean, i) => {
        const window = values.slice(i, i + 11).map((value) => (Number.isFinite(value) ? Math.abs(value!) : 0));
        if (mean === null) assert.equal(back[i], null);
        else assert.ok(Math.abs(mean - back[i]!) <= 1e-14 * Math.max(...window), `${mean}, ${back[i]}`);
      });
    }),
  );
});
