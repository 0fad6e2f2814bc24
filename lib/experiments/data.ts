import { LRUCache } from "lru-cache";
import { shuffleDataset, type Dataset } from "../data/dataset";
import { loadMnist } from "../data/mnist";
import { randomStream } from "../random";
import type { Trainer } from "../trainer";
import type { RunSpec } from "./spec";

let mnist: ReturnType<typeof loadMnist> | undefined;

interface Shared {
  set: Dataset;
  /** Runs that train on it. */
  users: number;
}

/** Frees a set once it is neither kept nor in use. */
const freeUnused = ({ set, users }: Shared, isKept = false) => {
  if (users === 0 && !isKept) set.dispose();
};

/**
 * Sets already made in this process: the next run most likely needs the same ones. One of 60,000 images takes 188 MB, and
 * a worker may be given runs on many different sets, so only the eight used last are kept.
 */
const made = new LRUCache<string, Shared>({ max: 8, dispose: (shared) => freeUnused(shared) });

/**
 * The sets that a run needs, made once per process and shared by the runs in it.
 * @returns the sets, and a function to be called when the run has ended
 */
export function borrowSets({ data, record }: Pick<RunSpec, "data" | "record">): {
  sets: Trainer["sets"];
  release: () => void;
} {
  const { images, validation = 0, shuffleSeed } = data;
  const { train, test } = (mnist ??= loadMnist());
  const borrowed = new Map<string, Shared>();
  const borrow = (from: number, to: number) => {
    const key = `${images} ${shuffleSeed} ${from} ${to}`;
    let shared = made.get(key);
    if (!shared) {
      const first = train.take(images);
      const all = shuffleSeed === undefined ? first : shuffleDataset(first, randomStream(shuffleSeed, "shuffle"));
      shared = { set: all.slice(from, to), users: 0 };
      made.set(key, shared);
    }
    shared.users++;
    borrowed.set(key, shared);
    return shared.set.tensors();
  };
  const sets = {
    train: borrow(validation, images),
    ...(validation > 0 && { validation: borrow(0, validation) }),
    ...(record.includes("testAccuracy") && { test: test.tensors() }),
  };
  const release = () => {
    for (const [key, shared] of borrowed) {
      shared.users--;
      freeUnused(shared, made.peek(key) === shared);
    }
  };
  return { sets, release };
}
