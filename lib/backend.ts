/**
 * The one place that loads TensorFlow. Everything else writes `import { tf } from "./backend"`.
 *
 * TensorFlow reads these variables once, while it loads.
 * - One thread an operation: the chapter's matrices are too small to split, and a sum taken in one
 *   order is the same to the last bit in a cell, in another process and on a machine with more cores.
 * - No threads between operations (-1): a graph runs where it is called, and is not handed to another thread and back.
 * - Without oneDNN's operations: they are no faster here, and they choose other sums on other processors.
 * - Level 2 keeps TensorFlow's own log lines out of a cell's output.
 */
process.env.TF_NUM_INTRAOP_THREADS = "1";
process.env.TF_NUM_INTEROP_THREADS = "-1";
process.env.TF_ENABLE_ONEDNN_OPTS = "0";
process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";

import * as tf from "@tensorflow/tfjs-node";

export { tf };

/** The backend in use and the versions behind it, for a notebook to print. */
export function backendInfo(): { backend: string; tensorflow?: string; tfjs: string; node: string } {
  const { binding } = tf.backend() as { binding?: { TF_Version: string } };
  return {
    backend: tf.getBackend(),
    ...(binding && { tensorflow: binding.TF_Version }),
    tfjs: tf.version.tfjs,
    node: process.versions.node,
  };
}
