import assert from "node:assert/strict";
import test from "node:test";
import vm from "node:vm";
import { tf } from "./backend";
import { endOpenScopes } from "./scopes";

/** Calls this until it is cut off as a notebook's kernel does it: at once, and no `finally` runs. */
function cutOff(endless: () => void): void {
  assert.throws(() => vm.runInNewContext("endless()", { endless }, { timeout: 50 }), {
    code: "ERR_SCRIPT_EXECUTION_TIMEOUT",
  });
}

const state = () =>
  tf.engine().state as unknown as { scopeStack: unknown[]; gradientDepth: number; kernelDepth: number };

/** Makes tensors, and is cut off afterwards: a kernel lets tfjs's own functions return first. */
const endlessly = (act: () => void) => () => {
  for (let i = 0; i < 10; i++) act();
  for (;;);
};
const x = tf.tensor1d([1, 2, 3]);
const places: Record<string, () => void> = {
  "in tidy": () => tf.tidy(endlessly(() => tf.add(x, 1))),
  "in tidy inside of tidy": () => tf.tidy(() => tf.tidy(endlessly(() => tf.add(x, 1)))),
  "in a gradient": () => tf.grad((y) => (endlessly(() => tf.square(y))(), y))(x),
  "in a gradient's backward": () =>
    tf.grad(
      tf.customGrad((y) => ({
        value: (y as tf.Tensor).square(),
        gradFunc: (dy) => (endlessly(() => tf.square(dy))(), dy),
      })),
    )(x),
};
for (const [name, endless] of Object.entries(places))
  test(`what is cut off leaves no scope open, and no tensor: ${name}`, () => {
    const before = tf.memory().numTensors;
    cutOff(endless);
    assert.ok(state().scopeStack.length > 0);
    endOpenScopes();
    const { scopeStack, gradientDepth, kernelDepth } = state();
    assert.deepEqual(
      { scopes: scopeStack.length, gradientDepth, kernelDepth },
      { scopes: 0, gradientDepth: 0, kernelDepth: 0 },
    );
    assert.equal(tf.memory().numTensors, before);
    const gradient = tf.tidy(() => [
      ...tf
        .grad((y) => y.square().sum())(x)
        .dataSync(),
    ]);
    assert.deepEqual(gradient, [2, 4, 6]);
    assert.equal(tf.memory().numTensors, before);
  });

test("where nothing is open nothing happens", () => {
  const kept = tf.scalar(1);
  endOpenScopes();
  assert.equal(kept.dataSync()[0], 1);
  kept.dispose();
});
