/** What searches and workers agree on. */
import { VERSION } from "../key";
import type { RunSpec } from "../spec";

/** Its name carries the version, so that a worker never takes runs whose histories would differ where it computes. */
export const QUEUE = ["training-runs", ...VERSION].join("-");

/** What a job carries: a spec, never code, and the worker checks it again. */
export interface RunJob {
  spec: RunSpec;
  /** Set to make the worker that executes the job give up. */
  cancelled?: boolean;
}

/** What a worker reports of a job: updates made, and how many there will be. */
export interface Progress {
  done: number;
  total: number;
}

/** The reason for which a cancelled job failed. */
export const CANCELLED = "cancelled";
