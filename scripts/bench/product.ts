// The machine's peak: GFLOP/s of products of 1024 × 1024 matrices on a given number of threads, over two seconds. Like
// process.ts, but without the library, which restricts TensorFlow to a single thread.
import { createRequire } from "node:module";
import { loadLibrary } from "../library.js";

process.env.TF_NUM_INTRAOP_THREADS = process.argv[2];
// The others as in lib/engine/backend/environment.ts.
process.env.TF_CPU_ALLOCATOR_USE_BFC = "1";
process.env.TF_ENABLE_ONEDNN_OPTS = "0";
process.env.TF_CPP_MIN_LOG_LEVEL = "2";
const require = createRequire(import.meta.url);
loadLibrary("engine/backend/compatibility"); // what tfjs-node needs on Node 24
const tf = require("@tensorflow/tfjs-node") as typeof import("@tensorflow/tfjs-node");

const n = 1024;
const [a, b] = [1, 2].map((seed) => tf.randomNormal([n, n], 0, 1, "float32", seed));
const product = () => tf.tidy(() => void tf.matMul(a, b));
for (let i = 0; i < 5; i++) product();

process.once("message", () => {
  const start = performance.now();
  let products = 0;
  for (; performance.now() - start < 2000; products++) product();
  const rate = (products * 2 * n ** 3) / (performance.now() - start) / 1e6;
  process.send?.(rate, undefined, undefined, () => process.exit());
});
process.send?.("ready");
