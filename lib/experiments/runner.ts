import { setMaxListeners } from "node:events";
import type { History } from "../trainer";
import type { RunOptions } from "./run";
import type { RunSpec } from "./spec";

/** Whoever executes runs: this machine's processes, or a queue that many machines serve. */
export interface Runner {
  /** Executes the run that the spec describes, as soon as there is room for it. */
  run(spec: RunSpec, options?: RunOptions): Promise<History>;
  /** Frees what the runner holds. Runs that have not ended by then are lost. */
  close(): Promise<void>;
}

/**
 * Calls `stop` when the signal is aborted.
 * @returns what ends this; to be called when the run has ended.
 */
export function whenAborted(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (!signal) return () => {};
  // A search listens once for each of its runs, and Node takes more than ten listeners for a leak.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", stop, { once: true });
  return () => signal.removeEventListener("abort", stop);
}
