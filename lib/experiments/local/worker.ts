/** What a process of the pool executes: runs or segments of them, one at a time, each on one thread. */
import * as workerpool from "workerpool";
import type { History } from "../../trainer";
import type { Checkpoint } from "../checkpoint";
import { borrowSets } from "../data";
import { runSegment } from "../run";
import { updatesOf, type RunSpec } from "../spec";
import type { Segment } from "../training";
import type { Message } from "./pool";

const say = (message: Message) => workerpool.workerEmit(message);

/** `send` is asynchronous: an empty second message, which the pool ignores, tells when the first has been flushed. */
const flushed = () => new Promise<void>((resolve) => process.send!({}, undefined, undefined, () => resolve()));

async function handOver(trained: Checkpoint): Promise<void> {
  say({ trained });
  await flushed();
}

workerpool.worker({
  run: (spec: RunSpec, segment?: Segment): Promise<History> =>
    runSegment(spec, segment && { ...segment, onTrained: segment.end < updatesOf(spec) ? handOver : undefined }, {
      onProgress: (done) => say({ done }),
    }),

  /** Reads the images, so that they are there when a segment comes. */
  readImages(spec: RunSpec): void {
    borrowSets(spec).release();
  },
});

// The process that wanted the runs was killed in the middle of a message.
(process as NodeJS.EventEmitter).on("error", () => process.exit(1));
