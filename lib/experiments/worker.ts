/** What a process of the pool executes: runs, one at a time, each on one thread. */
import * as workerpool from "workerpool";
import { run } from "./run";
import type { History, Share } from "../trainer";
import type { RunSpec } from "./spec";

workerpool.worker({
  run: (spec: RunSpec, share: Share): Promise<History> =>
    run(spec, { share, onProgress: (done) => workerpool.workerEmit({ done }) }),
});

// Whoever wanted the runs was killed in the middle of a message.
(process as NodeJS.EventEmitter).on("error", () => process.exit(1));
