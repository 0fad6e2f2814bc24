import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import Database from "libsql";
import { runAll } from "./run-all";
import type { RunSpec } from "./spec";

const specs = [1, 2, 3].map((seed): RunSpec => ({
  data: { images: 100 },
  network: { inputSize: 784, hiddenSizes: [5], outputSize: 10 },
  optimizer: { name: "SGD", learningRate: 0.05 },
  batchSize: 10,
  iterations: 10,
  record: ["loss"],
  seed,
}));

test("a store that another process holds is waited for, while all else goes on and can be ended", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  t.after(() => rmSync(folder, { recursive: true }));
  t.mock.method(console, "log", () => {});
  const store = join(folder, "runs.sqlite");
  const histories = await runAll(specs.slice(0, 1), { store });

  const other = new Database(store);
  t.after(() => other.close());
  other.exec("BEGIN EXCLUSIVE");
  let turns = 0;
  const turning = setInterval(() => turns++, 20);
  t.after(() => clearInterval(turning));
  const begun = Date.now();
  await assert.rejects(runAll(specs, { store, signal: AbortSignal.timeout(400) }), { name: "TimeoutError" });
  assert.ok(Date.now() - begun < 3000, `${Date.now() - begun} ms`);

  const waiting = runAll(specs, { store });
  await delay(1000);
  assert.ok(turns > 10, `${turns} turns`);
  other.exec("COMMIT");
  const all = await waiting;
  assert.deepEqual(all[0], histories[0]);
  assert.deepEqual(await runAll(specs), all);
});
