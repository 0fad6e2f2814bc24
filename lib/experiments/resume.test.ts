import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openRunner, runAll } from "./run-all";
import type { RunSpec } from "./spec";
import { RunStore } from "./store";

const WORKERS = 2;

const specs = Array.from({ length: 24 }, (_, seed): RunSpec => ({
  data: { images: 500, validation: 100 },
  network: { inputSize: 784, hiddenSizes: [100, 100, 100], outputSize: 10 },
  optimizer: { name: "SGD", learningRate: 0.01 },
  batchSize: 100,
  epochs: 12,
  record: ["validationAccuracy"],
  seed,
}));

/** The indexes of the specs whose runs were computed, not found: only those report that they are under way. */
async function computed(store: string | undefined, signal?: AbortSignal) {
  const lines: string[] = [];
  const log = console.log;
  console.log = (line: string) => lines.push(line);
  const begun = new Set<number>();
  try {
    const histories = await runAll(specs, {
      workers: WORKERS,
      store,
      signal,
      onProgress: (i, done, total) => done < total && begun.add(i),
    });
    return { histories, begun, said: lines.join("\n") };
  } finally {
    console.log = log;
  }
}

// The search that is killed is this file again.
if (process.argv[2] === "search") {
  void runAll(specs, {
    workers: WORKERS,
    store: process.argv[3],
    onProgress: (i, done, total) => done === total && process.send!(i),
  });
} else {
  test("a killed search goes on where it was, and computes again only what was in flight", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "resume-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "runs.sqlite");

    const child = fork(__filename, ["search", file], { stdio: "inherit" });
    const ended = new Set<number>();
    child.on("message", (index: number) => ended.add(index));
    const store = new RunStore(file);
    while (store.size < 8) await delay(10);
    child.kill("SIGKILL");
    await once(child, "exit");
    const kept = specs.filter((spec) => store.get(spec)).length;
    store.close();
    assert.ok(kept >= 8 && kept < specs.length, `${kept} kept`);
    assert.ok(
      ended.size - kept <= WORKERS,
      `of ${ended.size} that ended, ${kept} are kept: only what was in flight may be lost`,
    );

    const resumed = await computed(file);
    assert.match(resumed.said, new RegExp(`^${kept} of ${specs.length} runs were found in ${file}\\.$`));
    const afresh = await computed(undefined);
    assert.deepEqual(resumed.histories, afresh.histories);
    assert.equal(afresh.said, "", "nothing is said or kept unless asked for");

    const again = await computed(file);
    assert.equal(again.begun.size, 0);
    assert.match(again.said, /^24 of 24 runs were found/);
    assert.deepEqual(again.histories, afresh.histories);
  });

  test("equal specs are run once", async () => {
    const runner = await openRunner({ workers: 1 });
    const [a, b] = await Promise.all([runner.run(specs[0]), runner.run({ ...specs[0] })]);
    assert.equal(a, b);
    assert.notEqual(a, await runner.run(specs[1]));
    await runner.close();
  });

  test("a store that can't be used is said before anything runs; RUNS_STORE names one as well", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "resume-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    process.env.RUNS_STORE = join(folder, "text.sqlite");
    t.after(() => delete process.env.RUNS_STORE);
    writeFileSync(process.env.RUNS_STORE, "not a database".repeat(200));
    let began = 0;
    await assert.rejects(runAll(specs, { onProgress: () => began++ }), {
      name: "StoreError",
      message: /text\.sqlite is damaged/,
    });
    assert.equal(began, 0);
  });

  test("aborting ends the runs at once and throws the reason", async () => {
    const abort = new AbortController();
    const started = Date.now();
    const long = specs.map((spec) => ({ ...spec, epochs: 100_000 }));
    await assert.rejects(
      runAll(long, { signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) }),
      /enough/,
    );
    assert.ok(Date.now() - started < 120_000);
    await assert.rejects(runAll(specs, { signal: AbortSignal.abort(new Error("never began")) }), /never began/);
  });

  test("no processes at all are refused", async () => {
    await assert.rejects(runAll(specs, { workers: 0 }), { name: "RangeError", message: /workers: .* got 0/ });
  });
}
