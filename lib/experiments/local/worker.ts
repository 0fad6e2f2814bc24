/** What a process of the pool executes: segments of runs, one at a time, on a single thread. */
import { writeFileSync } from "node:fs";
import * as workerpool from "workerpool";
import type { History } from "../../trainer";
import { borrowSets } from "../data";
import { runSegment } from "../run";
import type { RunSpec } from "../spec";
import type { Message, Order } from "./pool";

const say = (message: Message) => workerpool.workerEmit(message);

/** `send` is asynchronous: an empty second message, which the pool ignores, tells when the first has been flushed. */
const flushed = () => new Promise<void>((resolve) => process.send!({}, undefined, undefined, () => resolve()));

async function handOver(message: Message): Promise<void> {
  say(message);
  await flushed();
}

workerpool.worker({
  run: (spec: RunSpec, { handsOver, ...segment }: Order): Promise<History> =>
    runSegment(
      spec,
      {
        ...segment,
        onTrained: handsOver ? (trained) => handOver({ trained }) : undefined,
        onCheckpoint: (prefix) => handOver({ prefix }),
      },
      { onProgress: (done) => say({ done }) },
    ),

  /** Reads the images ahead of the segment that will need them. */
  readImages(spec: RunSpec): void {
    borrowSets(spec).release();
  },
});

// Where memory runs out, a run can begin again, but not the program or the notebook that wants it.
try {
  writeFileSync("/proc/self/oom_score_adj", "500");
} catch {
  // only Linux has it
}

// The process that wanted the runs was killed in the middle of a message.
(process as NodeJS.EventEmitter).on("error", () => process.exit(1));
