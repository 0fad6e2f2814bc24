import Database from "libsql";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunSpec } from "../../experiments/spec";
import { RunStore, StoreError } from "../../experiments/store";
import type { RandomStream } from "../../random";
import type { History } from "../../trainer";
import { damaged } from "../damage";

/** A damaged store gives the histories that were put into it, or says that it is damaged. */
export default function store(stream: RandomStream): void {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-store-"));
  try {
    const file = join(folder, "runs.sqlite");
    const count = 3 + stream.integer(4);
    writeFileSync(
      file,
      once(`${count}`, () => wholeStore(join(folder, "whole.sqlite"), count)),
    );
    damage(stream, file);
    use(file, count);
    use(file, count); // once more, with what was written into the damaged file
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Histories on one page, on two and on several. */
const updates = (seed: number) => [10, 250, 1000][seed % 3];

const spec = (seed: number): RunSpec => ({
  data: { images: 500 },
  network: { inputSize: 784, hiddenSizes: [100], outputSize: 10 },
  optimizer: { name: "SGD", learningRate: 0.01 },
  batchSize: 100,
  iterations: updates(seed),
  record: ["loss"],
  seed,
});

const history = (seed: number): History => ({
  iterations: updates(seed),
  loss: Array.from({ length: updates(seed) }, (_, i) => Math.fround(1 + Math.sin(1000 * seed + i))),
  trainAccuracy: [],
  validationAccuracy: [],
  testAccuracy: [],
  divergedAt: null,
});

const made = new Map<string, Buffer>();

/** Writing waits for the disk: what all cases begin with is made by the first. */
function once(name: string, make: () => Buffer): Buffer {
  const bytes = made.get(name) ?? make();
  made.set(name, bytes);
  return bytes;
}

/** The histories of seeds 0 to `count - 1`, and the free pages of one that was forgotten. */
function wholeStore(file: string, count: number): Buffer {
  const store = new RunStore(file);
  for (let seed = 0; seed <= count; seed++) store.set(spec(seed), history(seed));
  store.delete(spec(count));
  store.close();
  return readFileSync(file);
}

function damage(stream: RandomStream, file: string): void {
  const what = stream.integer(8);
  const whole = readFileSync(file);
  if (what > 1) return writeFileSync(file, damaged(stream, whole));
  const suffix = what === 0 ? "-journal" : "-wal";
  const log = once(suffix, () => foreignLog(`${file}.other`, suffix));
  writeFileSync(file + suffix, damaged(stream, stream.integer(4) === 0 ? whole : log));
}

/** What a process leaves that is killed while it writes into another store, in either of SQLite's ways. */
function foreignLog(file: string, suffix: "-journal" | "-wal"): Buffer {
  wholeStore(file, 7);
  const db = new Database(file);
  try {
    db.exec(`PRAGMA cache_size = 1; PRAGMA journal_mode = ${suffix === "-wal" ? "WAL" : "DELETE"}`);
    db.exec("BEGIN; UPDATE runs SET history = 'x' || history");
    return readFileSync(file + suffix);
  } finally {
    db.close();
  }
}

function use(file: string, count: number): void {
  const store = unlessDamaged(() => new RunStore(file));
  if (!store) return;
  try {
    for (let seed = 0; seed < count; seed++) expectRight(store, seed);
    const isKept = unlessDamaged(() => (store.set(spec(count), history(count)), true));
    const found = expectRight(store, count);
    if (isKept) assert.notEqual(found, "missing", "a history was said to be kept, and is not there");
    unlessDamaged(() => assert.ok(store.size >= 0));
  } finally {
    store.close();
  }
}

function expectRight(store: RunStore, seed: number): "right" | "missing" | undefined {
  return unlessDamaged(() => {
    const found = store.get(spec(seed));
    if (found === undefined) return "missing";
    assert.deepEqual(found, history(seed));
    return "right";
  });
}

/** The outcome, or `undefined` if the store says what is wrong with it. */
function unlessDamaged<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}
