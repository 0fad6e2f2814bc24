/**
 * Operations that the layers need and tfjs lacks or has only in a slower form: matrix products without the detour
 * over batches of matrices, sums in the order of TensorFlow's bias gradient, and gradients that are one TensorFlow
 * operation.
 *
 * Each carries its plain tfjs form as `.plain`, which runs on other backends and which the tests compare it with.
 */
import { native, tf, type Attribute, type NativeBackend } from "./backend";

type Tensor = tf.Tensor;

/** Pairs the native form of an operation with its plain one, and picks by the backend in use. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any arguments, and the same in both
function operation<F extends (...args: any[]) => Tensor | Tensor[]>(native: F, plain: F): F & { plain: F } {
  const tidied = (...args: Parameters<F>) => tf.tidy(() => plain(...args));
  const run = (...args: Parameters<F>) => (tf.getBackend() === "tensorflow" ? native : tidied)(...args);
  return Object.assign(run as F, { plain: tidied as F });
}

const backend = native!; // whose operations run nowhere else
const binding = (native?.binding ?? {}) as NativeBackend["binding"];
const TRANSPOSE_A: Attribute = { name: "transpose_a", type: binding.TF_ATTR_BOOL, value: true };
const TRANSPOSE_B: Attribute = { name: "transpose_b", type: binding.TF_ATTR_BOOL, value: true };
const float = (name: string): Attribute => ({ name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT });
const int = (name: string): Attribute => ({ name, type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 });

// Besides the types, which a graph must state, only attributes that differ from their defaults are given.
const T = [float("T")];
const op = (name: string, ...inputs: Tensor[]) => backend.executeSingleOutput(name, T, inputs);

/** The matrix product of `a` `[n, k]` and `b` `[k, m]`, either of which may be transposed first. */
export const matMul = operation(
  (a: Tensor, b: Tensor, transposeA = false, transposeB = false) =>
    backend.executeSingleOutput(
      "MatMul",
      [...T, ...(transposeA ? [TRANSPOSE_A] : []), ...(transposeB ? [TRANSPOSE_B] : [])],
      [a, b],
    ),
  // WebAssembly multiplies transposed matrices an order of magnitude slower.
  (a: Tensor, b: Tensor, transposeA = false, transposeB = false) =>
    tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b),
);

/** `x` `[batch, units]` with the row `b` `[units]` added to each of its rows. */
export const biasAdd = operation(
  (x: Tensor, b: Tensor) => op("BiasAdd", x, b),
  (x, b) => tf.add(x, b),
);

/** The sum of `x` `[batch, units]` over the batch, `[units]`. */
export const sumOverBatch = operation(
  (x: Tensor) => op("BiasAddGrad", x),
  // WebAssembly adds up columns slower than it multiplies matrices.
  (x) => tf.reshape(tf.matMul(tf.ones([1, x.shape[0]]), x as tf.Tensor2D), [-1]),
);

/** `dout` where `y = relu(x)` is positive, 0 elsewhere; 0 at `x = 0`. */
export const reluGradient = operation(
  (dout: Tensor, y: Tensor) => op("ReluGrad", dout, y),
  (dout, y) => tf.mul(dout, tf.step(y)),
);

/** `dout · y (1 − y)` for `y = sigmoid(x)`. */
export const sigmoidGradient = operation(
  (dout: Tensor, y: Tensor) => op("SigmoidGrad", y, dout),
  (dout, y) => tf.mul(dout, tf.mul(y, tf.sub(1, y))),
);

/** `dout · (1 − y²)` for `y = tanh(x)`. */
export const tanhGradient = operation(
  (dout: Tensor, y: Tensor) => op("TanhGrad", y, dout),
  (dout, y) => tf.mul(dout, tf.sub(1, tf.square(y))),
);

/** The sum of a matrix, a scalar. */
export const total = operation(
  (W: Tensor) => tf.sum(W),
  // Row by row: WebAssembly adds up one number after the other, and of a million the third digit would be wrong.
  (W) => tf.sum(tf.sum(W, -1)),
);

/** `½ Σ w²` over all elements of a matrix, a scalar. */
export const halfSumOfSquares = operation(
  (W: Tensor) => op("L2Loss", W),
  (W) => tf.mul(total(tf.square(W)), 0.5),
);

const SPARSE_LABELS = [...T, int("Tlabels")];

/**
 * Softmax of `scores` `[batch, classes]` and its cross-entropy against integer `labels` `[batch]`.
 * Returns the losses `[batch]` and `softmax − onehot` `[batch, classes]`, the gradient of their sum.
 */
export const softmaxCrossEntropy = operation(
  (scores: Tensor, labels: Tensor) =>
    backend.executeMultipleOutputs("SparseSoftmaxCrossEntropyWithLogits", SPARSE_LABELS, [scores, labels], 2),
  (scores, labels) => {
    const classes = scores.shape[1]!;
    if (labels.dataSync().some((label) => label < 0 || label >= classes)) throw new RangeError("a label is no class");
    const target = tf.oneHot(tf.cast(labels, "int32"), classes);
    const logProbabilities = tf.logSoftmax(scores);
    return [tf.neg(tf.sum(tf.mul(target, logProbabilities), 1)), tf.sub(tf.exp(logProbabilities), target)];
  },
);

const TOP = [...T, int("Tk"), int("index_type")];

/** The column of the highest score in each row of `scores` `[batch, classes]`, the first one if tied: `[batch]`. */
export const argMax = operation(
  // TensorFlow's TopK takes half as long as its ArgMax.
  (scores: Tensor) =>
    backend.executeMultipleOutputs("TopKV2", TOP, [scores, tf.scalar(1, "int32")], 2)[1].reshape([-1]),
  (scores) => tf.argMax(scores, 1),
);
