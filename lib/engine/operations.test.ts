import assert from "node:assert/strict";
import { tf } from "./backend";
import * as kernels from "./operations";
import { randomStream } from "../random";
import { test } from "../testing/on-tensorflow";

const normals = (name: string, ...shape: number[]) =>
  tf.tensor(randomStream(2, name).normals(shape.reduce((a, b) => a * b)), shape);

type Form = (...args: unknown[]) => tf.Tensor | tf.Tensor[];

/** Every kernel with inputs for it; a kernel without a case here fails the last test. */
const cases: Record<keyof typeof kernels, () => unknown[][]> = {
  matMul: () => [
    [normals("a", 5, 3), normals("b", 3, 4)],
    [normals("a", 3, 5), normals("b", 3, 4), true, false],
    [normals("a", 5, 3), normals("b", 4, 3), false, true],
    [normals("a", 3, 5), normals("b", 4, 3), true, true],
  ],
  biasAdd: () => [[normals("x", 6, 4), normals("b", 4)]],
  sumOverBatch: () => [[normals("x", 20, 4)]],
  total: () => [[normals("W", 6, 4)]],
  halfSumOfSquares: () => [[normals("W", 6, 4)]],
  reluGradient: () => [[normals("d", 6, 4), normals("x", 6, 4).relu()]],
  sigmoidGradient: () => [[normals("d", 6, 4), normals("x", 6, 4).sigmoid()]],
  tanhGradient: () => [[normals("d", 6, 4), normals("x", 6, 4).tanh()]],
  softmaxCrossEntropy: () => [[normals("x", 3, 10), tf.tensor1d([0, 9, 4], "int32")]],
  argMax: () => [
    [normals("x", 20, 10)],
    [
      tf.tensor2d([
        [1, 3, 3],
        [2, 2, 2],
        [0, -1, -Infinity],
      ]),
    ],
  ],
};

for (const [name, kernel] of Object.entries(kernels)) {
  test(`${name}: TensorFlow's operation agrees with its plain tfjs form and leaves no tensor behind`, () => {
    assert.equal(tf.getBackend(), "tensorflow");
    const call = kernel as unknown as Form & { plain: Form };
    tf.tidy(() => {
      const inputs = cases[name as keyof typeof kernels]();
      for (const args of inputs) {
        const before = tf.memory().numTensors;
        const native = tf.tidy(() => call(...args));
        const outputs = [native].flat();
        assert.equal(tf.memory().numTensors - before, outputs.length);
        const plain = [call.plain(...args)].flat();
        assert.equal(outputs.length, plain.length);
        outputs.forEach((output, i) => {
          assert.deepEqual([output.shape, output.dtype], [plain[i].shape, plain[i].dtype]);
          assert.ok(output.sub(plain[i]).abs().max().dataSync()[0] < 1e-5);
        });
      }
    });
  });
}
