import { setMaxListeners } from "node:events";
import type { History } from "../trainer";
import type { RunOptions } from "./run";
import type { RunSpec } from "./spec";

/** What executes runs: processes on this machine, or a queue that many machines serve. */
export interface Runner {
  /**
   * Executes a run as soon as there is room for it.
   * @param options.mayContinue says that a longer run of the same spec is likely to follow. A runner may then keep the
   * final weights and go on from them, to the same history; one that cannot computes the longer run from the start.
   * @throws the signal's reason if aborted; an Error saying why if the run failed.
   */
  run(spec: RunSpec, options?: RunOptions & { mayContinue?: boolean }): Promise<History>;
  /** Frees what the runner holds. Unfinished runs are lost. */
  close(): Promise<void>;
}

/**
 * Calls `stop` when the signal is aborted.
 * @returns a function that stops listening; call it when the run has ended.
 */
export function whenAborted(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (!signal) return () => {};
  // A search listens once for each of its runs, and Node takes more than ten listeners for a leak.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", stop, { once: true });
  return () => signal.removeEventListener("abort", stop);
}

/** A worker computes wrongly. */
export class UntrustedWorker extends Error {
  constructor(
    message: string,
    /** What had come from it before, and was believed. */
    readonly histories: History[],
  ) {
    super(message);
    this.name = "UntrustedWorker";
  }
}
