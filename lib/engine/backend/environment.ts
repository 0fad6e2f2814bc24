import { threadsWanted } from "./threads";

/**
 * What TensorFlow reads from the environment once, while loading.
 * - One thread per operation, unless more are wanted: the chapter's matrices are too small to split, and a sum taken in
 *   one order is the same to the last bit in a cell, in another process and on a machine with more cores.
 * - No threads between operations (-1): a graph runs on the thread that calls it.
 * - TensorFlow's own allocator: the next step reuses the memory that this one frees.
 * - No oneDNN operations: they are no faster here, and sum in a different order on different processors. Its kernels
 *   for matrix products remain. Up to oneDNN 3.11.1 these point the stack into the heap, so that a signal handled
 *   meanwhile (Ctrl-C, a child's exit, a profiler's) overwrites memory. So the processes that train get no signals.
 *   https://github.com/uxlfoundation/oneDNN/issues/4845
 * - Level 2 keeps TensorFlow's own log lines out of a cell's output.
 */
process.env.TF_NUM_INTRAOP_THREADS = String(threadsWanted());
process.env.TF_NUM_INTEROP_THREADS = "-1";
process.env.TF_CPU_ALLOCATOR_USE_BFC = "1";
process.env.TF_ENABLE_ONEDNN_OPTS = "0";
process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
