import { shuffleDataset, type Dataset } from "../data/dataset";
import { loadMnist } from "../data/mnist";
import { randomStream } from "../random";
import type { Trainer } from "../trainer";
import type { RunSpec } from "./spec";

let mnist: ReturnType<typeof loadMnist> | undefined;

/** Sets already made in this process, the latest last. They stay: the next run most likely needs the same ones. */
const made = new Map<string, Dataset>();

/** How many sets stay. One of 60,000 images takes 188 MB, and a worker may be given runs on many different ones. */
const KEPT = 8;

/** The sets that a run needs, made once a process and shared by its runs. */
export function setsOf({ data, record }: Pick<RunSpec, "data" | "record">): Trainer["sets"] {
  const { images, validation = 0, shuffleSeed } = data;
  const { train, test } = (mnist ??= loadMnist());
  const set = (from: number, to: number) => {
    const key = `${images} ${shuffleSeed} ${from} ${to}`;
    if (!made.has(key)) {
      const first = train.take(images);
      made.set(
        key,
        (shuffleSeed === undefined ? first : shuffleDataset(first, randomStream(shuffleSeed, "shuffle"))).slice(
          from,
          to,
        ),
      );
    }
    if (made.size > KEPT) {
      const [[oldest, unused]] = made;
      unused.dispose();
      made.delete(oldest);
    }
    return made.get(key)!.tensors();
  };
  return {
    train: set(validation, images),
    ...(validation > 0 && { validation: set(0, validation) }),
    ...(record.includes("testAccuracy") && { test: test.tensors() }),
  };
}
