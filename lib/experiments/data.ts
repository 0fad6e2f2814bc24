import { LRUCache } from "lru-cache";
import { shuffleDataset, type Dataset } from "../data/dataset";
import { loadMnist } from "../data/mnist";
import { DatasetTensors } from "../data/tensors";
import { randomStream } from "../random";
import type { Trainer } from "../trainer";
import type { RunSpec } from "./spec";

let mnist: ReturnType<typeof loadMnist> | undefined;

interface Shared {
  tensors: DatasetTensors;
  /** Runs that train on them. */
  users: number;
}

/** Frees a set once it is neither kept nor in use. */
const freeUnused = ({ tensors, users }: Shared, isKept = false) => {
  if (users === 0 && !isKept) tensors.dispose();
};

/**
 * Sets already made in this process: the next run most likely needs the same ones. One of 60,000 images takes 188 MB
 * if accuracies are taken on it, and 47 MB if it is shuffled; a worker may be given runs on many sets, so only the eight
 * used last are kept.
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
  const borrowed = new Map<string, Shared>();
  const borrow = (key: string, choose: (mnist: ReturnType<typeof loadMnist>) => Dataset) => {
    let shared = made.get(key);
    if (!shared) {
      shared = { tensors: DatasetTensors.of(choose((mnist ??= loadMnist()))), users: 0 };
      made.set(key, shared);
    }
    shared.users++;
    borrowed.set(key, shared);
    return shared.tensors;
  };
  const part = (from: number, to: number) =>
    borrow(`${images} ${shuffleSeed} ${from} ${to}`, ({ train }) => {
      const first = train.take(images);
      const all = shuffleSeed === undefined ? first : shuffleDataset(first, randomStream(shuffleSeed, "shuffle"));
      return all.slice(from, to);
    });
  const sets = {
    train: part(validation, images),
    ...(validation > 0 && { validation: part(0, validation) }),
    ...(record.includes("testAccuracy") && { test: borrow("test", ({ test }) => test) }),
  };
  const release = () => {
    for (const [key, shared] of borrowed) {
      shared.users--;
      freeUnused(shared, made.peek(key) === shared);
    }
  };
  return { sets, release };
}
