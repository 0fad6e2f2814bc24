import { LRUCache } from "lru-cache";
import { shuffleDataset, type Dataset } from "../data/dataset";
import { loadMnist } from "../data/mnist";
import { DatasetTensors } from "../data/tensors";
import { native } from "../engine/backend";
import { randomStream } from "../random";
import type { Trainer } from "../trainer";
import type { RunSpec } from "./spec";

/**
 * What was read, as long as somebody needs its bytes: TensorFlow has its own copy of those that it trains on. A process that
 * only trains collects the others at once, as it may be one of many; by itself, JavaScript takes its time.
 */
let mnist: WeakRef<ReturnType<typeof loadMnist>> | undefined;

function readMnist(): ReturnType<typeof loadMnist> {
  const known = mnist?.deref();
  if (known) return known;
  const read = loadMnist();
  mnist = new WeakRef(read);
  return read;
}

interface Shared {
  tensors: DatasetTensors;
  /** Runs that train on them. */
  users: number;
  /** What other backends take the bytes from. */
  source?: object;
}

/** Frees a set once it is neither kept nor in use. */
const freeUnused = ({ tensors, users }: Shared, isKept = false) => {
  if (users === 0 && !isKept) tensors.dispose();
};

/**
 * Sets already made in this process: the next run most likely needs the same ones. One of 60,000 images takes 47 MB, and
 * 188 MB more if accuracies are taken on it; a worker may be given runs on many sets, so only the eight used last are kept.
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
      const read = readMnist();
      shared = { tensors: new DatasetTensors(choose(read)), users: 0, source: native ? undefined : read };
      made.set(key, shared);
      setImmediate(() => globalThis.gc?.());
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
