import assert from "node:assert/strict";
import test from "node:test";
import { tf } from "../engine/backend";
import { numericalGradient } from "./numerical-gradient";

/** Two parameters, and the sum of the cubes of their values. */
function cubes() {
  const params = { W: tf.variable(tf.tensor2d([1, 2, -1, 0.5], [2, 2])), b: tf.variable(tf.tensor1d([3])) };
  const loss = () => tf.tidy(() => tf.add(params.W.pow(3).sum(), params.b.pow(3).sum()).dataSync()[0]);
  const values = () => Object.values(params).map((parameter) => [...parameter.dataSync()]);
  return { params, loss, values };
}

const before = [[1, 2, -1, 0.5], [3]];

test("the gradient of a sum of cubes, and nothing else left of it", () => {
  const { params, loss, values } = cubes();
  const tensors = tf.memory().numTensors;
  const slopes = numericalGradient(loss, params);
  assert.equal(tf.memory().numTensors, tensors + 2);
  assert.deepEqual(slopes.W.shape, [2, 2]);
  for (const [i, slope] of [...slopes.W.dataSync(), ...slopes.b.dataSync()].entries()) {
    const expected = 3 * before.flat()[i] ** 2;
    assert.ok(Math.abs(slope - expected) < 2e-3, `${slope}, not ${expected}`);
  }
  assert.deepEqual(values(), before);
  tf.dispose([params, slopes]);
});

test("a loss that throws, or is not finite, leaves the weights as they were, and no tensor", () => {
  for (const [lossAt, message] of [
    [() => assert.fail("no loss"), /^no loss$/],
    [() => NaN, /^numericalGradient: expected a finite loss with b\[0\] = 2\.99, got NaN$/],
    [() => -Infinity, /^numericalGradient: expected a finite loss with b\[0\] = 2\.99, got -Infinity$/],
  ] as const) {
    const { params, loss, values } = cubes();
    const tensors = tf.memory().numTensors;
    let calls = 0;
    // The tenth is the last: W, the first parameter, has its gradient then. It leaves a tensor of its own, too.
    const failing = () => (++calls < 10 ? loss() : (tf.scalar(1), lossAt()));
    assert.throws(() => numericalGradient(failing, params), { message });
    assert.equal(calls, 10);
    assert.deepEqual(values(), before);
    assert.equal(tf.memory().numTensors, tensors);
    tf.dispose(params);
  }
});

test("a step that is no positive number is refused", () => {
  const { params, loss } = cubes();
  for (const h of [0, -0.01, NaN, Infinity]) {
    assert.throws(() => numericalGradient(loss, params, h), {
      name: "RangeError",
      message: `numericalGradient: expected h to be a positive number, got ${h}`,
    });
  }
  tf.dispose(params);
});
