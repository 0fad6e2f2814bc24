/** What a process of the pool executes: runs or stretches of them, one at a time, each on one thread. */
import * as workerpool from "workerpool";
import type { History } from "../../trainer";
import { prepare } from "../data";
import type { Message } from "./pool";
import { run } from "../run";
import { updatesOf, type RunSpec } from "../spec";
import type { Stretch, TrainingState } from "./stretches";

const say = (message: Message) => workerpool.workerEmit(message);

/** A long message leaves while the thread rests: an empty one after it, which the pool overlooks, tells when it has. */
const allSaid = () => new Promise<void>((resolve) => process.send!({}, undefined, undefined, () => resolve()));

async function handOver(trained: TrainingState): Promise<void> {
  say({ trained });
  await allSaid();
}

workerpool.worker({
  run: (spec: RunSpec, stretch?: Stretch): Promise<History> =>
    run(spec, {
      stretch: stretch && { ...stretch, onTrained: stretch.end < updatesOf(spec) ? handOver : undefined },
      onProgress: (done) => say({ done }),
    }),

  /** Reads the images, so that they are there when a stretch comes. */
  prepare({ data, record }: RunSpec): void {
    prepare(data, record);
  },
});

// Whoever wanted the runs was killed in the middle of a message.
(process as NodeJS.EventEmitter).on("error", () => process.exit(1));
