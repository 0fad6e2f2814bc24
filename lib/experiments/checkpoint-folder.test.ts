import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { deserialize, serialize } from "node:v8";
import { computedUpdates } from "../testing/computed-updates";
import type { Prefix } from "./checkpoint";
import { CheckpointFolder } from "./checkpoint-folder";
import { runKey } from "./key";
import { ProcessPool } from "./local/pool";
import { mergeSegments } from "./local/segments";
import { run, runSegment } from "./run";
import { runAll } from "./run-all";
import { updatesOf, type RunSpec } from "./spec";
import { RunStore } from "./store";

const spec: RunSpec = {
  data: { images: 1000, validation: 200 },
  network: {
    inputSize: 784,
    hiddenSizes: [100, 100],
    outputSize: 10,
    dropoutRate: 0.2,
    batchNormalization: "before",
  },
  optimizer: { name: "Adam", learningRate: 0.001 },
  batchSize: 50,
  epochs: 60,
  record: ["loss", "trainAccuracy", "validationAccuracy"],
  seed: 1,
};
const total = updatesOf(spec);
const short: RunSpec = { ...spec, network: { ...spec.network, hiddenSizes: [5] }, epochs: 3 };

/** The first updates of a run. */
async function prefixOf(spec: RunSpec, done: number): Promise<Prefix> {
  let prefix: Partial<Prefix> = {};
  const onTrained = async (checkpoint: Prefix["checkpoint"]) => void (prefix = { checkpoint });
  const history = await runSegment(spec, { end: done, onTrained });
  return { checkpoint: prefix.checkpoint!, history };
}

/** What is written to the console meanwhile is not shown, but kept. */
function listen(t: TestContext): { told: string[]; warned: string[] } {
  const lines = { told: [] as string[], warned: [] as string[] };
  t.mock.method(console, "log", (line: string) => lines.told.push(line));
  t.mock.method(console, "warn", (line: string) => lines.warned.push(line));
  return lines;
}

function temporary(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "checkpoints-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const files = (folder: string) => readdirSync(folder).filter((name) => !name.endsWith(".partial"));

// The program that is killed is this file again.
if (process.argv[2] === "run") {
  const [folder, processes] = process.argv.slice(3);
  void new ProcessPool(Number(processes), new CheckpointFolder(folder, 20)).run(spec);
} else if (process.argv[2] === "runAll") {
  void runAll([{ ...spec, epochs: 100_000 }], { workers: 2, store: process.argv[3] });
} else {
  for (const [processes, how] of [
    [1, "in one piece"],
    [2, "in segments"],
  ] as const) {
    test(`a run that was killed ${how} goes on from its last checkpoint, to the same history`, async (t) => {
      const folder = join(temporary(t), "checkpoints");
      const { told } = listen(t);
      const whole = await run(spec);
      const checkpoints = new CheckpointFolder(folder, 20);
      const dones: number[] = [0];
      const doneBy = () => checkpoints.get(spec)?.checkpoint.done ?? 0;
      while (dones.length < 3) {
        // Killed again and again, each time after it has got on.
        const child = fork(__filename, ["run", folder, String(processes)], {
          stdio: ["ignore", "ignore", "inherit", "ipc"],
        });
        const deadline = Date.now() + 60_000;
        while (doneBy() <= dones.at(-1)! && child.exitCode === null && Date.now() < deadline) await delay(5);
        child.kill("SIGKILL");
        await once(child, "exit");
        dones.push(doneBy());
        assert.ok(dones.at(-1)! > dones.at(-2)!, `${dones.join(", ")}`);
        if (dones.at(-1)! === total) break;
      }
      told.length = 0;

      const done = doneBy();
      assert.ok(done > 0 && done < total, String(done));
      const computed = computedUpdates(t);
      const pool = new ProcessPool(processes, checkpoints);
      t.after(() => pool.close());
      const reports: number[] = [];
      assert.deepEqual(await pool.run(spec, { onProgress: (updates) => reports.push(updates) }), whole);
      assert.equal(computed(), total - done);
      assert.ok(reports[0] > done && reports.at(-1) === total, reports.join(", "));
      assert.match(told.at(-1)!, new RegExp(`^A run continues after ${done} of ${total} updates, from ${folder}/`));
    });
  }

  test("a store has a killed run go on after at most some seconds, and nothing is left of a finished one", async (t) => {
    const store = join(temporary(t), "runs.sqlite");
    const folder = `${store}.checkpoints`;
    const { told } = listen(t);
    const endless = { ...spec, epochs: 100_000 };

    const child = fork(__filename, ["runAll", store], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const checkpoints = new CheckpointFolder(folder);
    while (!checkpoints.get(endless)) await delay(100);
    child.kill("SIGKILL");
    await once(child, "exit");
    const { done } = checkpoints.get(endless)!.checkpoint;
    const abort = new AbortController();
    let first = 0;
    const resumed = runAll([endless], {
      workers: 2,
      store,
      signal: abort.signal,
      onProgress(_, updates) {
        first ||= updates;
        abort.abort(new Error("seen enough"));
      },
    });
    await assert.rejects(resumed, /seen enough/);
    assert.ok(first > done, `${first} after ${done}`);
    assert.deepEqual(files(folder), [runKey(endless)], "an aborted run can still be gone on with");

    checkpoints.set(short, await prefixOf(short, 7));
    writeFileSync(join(folder, `${runKey(short)}.1.partial`), "from a program killed in the middle of writing");
    told.length = 0;
    assert.deepEqual(await runAll([short], { workers: 1, store }), [await run(short)]);
    assert.match(told[0], /^A run continues after 7 of 33 updates/);
    assert.deepEqual(readdirSync(folder), [runKey(endless)]);
    const kept = new RunStore(store);
    assert.deepEqual(kept.get(short), await run(short));
    kept.close();
  });

  test("checkpoints on the way come in order, and hold all that is recorded by then", async (t) => {
    const some = { ...spec, epochs: 6 };
    const whole = await run(some);
    const prefixes: Prefix[] = [];
    const onCheckpoint = async (prefix: Prefix) => void prefixes.push(structuredClone(prefix));
    // While the clock stands still, no checkpoint costs time that would put off the next.
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    assert.deepEqual(await runSegment(some, { end: Infinity, onCheckpoint, checkpointEveryMs: 0 }), whole);
    t.mock.timers.reset();
    const dones = prefixes.map(({ checkpoint }) => checkpoint.done);
    assert.ok(dones.length > updatesOf(some) / 6, `${dones.length} of ${updatesOf(some)} updates`);
    assert.deepEqual(
      dones,
      [...new Set(dones)].sort((a, b) => a - b),
    );
    for (const { history, checkpoint } of [prefixes[0], prefixes[9], prefixes.at(-1)!]) {
      assert.deepEqual(history.loss, whole.loss.slice(0, checkpoint.done));
      const rest = await runSegment(some, { start: checkpoint, end: Infinity });
      assert.deepEqual(mergeSegments([history, rest]), whole);
    }
  });

  test("gives back what was kept, to the last bit, also what is not finite", async (t) => {
    const { told, warned } = listen(t);
    const checkpoints = new CheckpointFolder(temporary(t));
    assert.equal(checkpoints.get(short), undefined);
    const prefix = await prefixOf(short, 7);
    Object.values(prefix.checkpoint.variables)[0].values.set([NaN, -0, Infinity]);
    prefix.history.loss.splice(0, 3, null, -0, 5e-324);
    checkpoints.set(short, prefix);
    assert.deepEqual(checkpoints.get(short), prefix);
    assert.equal(told.length, 1);
    assert.deepEqual(warned, []);
  });

  test("a damaged checkpoint is never used, and said", async (t) => {
    const { warned } = listen(t);
    const folder = temporary(t);
    const checkpoints = new CheckpointFolder(folder);
    checkpoints.set(short, await prefixOf(short, 7));
    const file = join(folder, runKey(short));
    const whole = readFileSync(file);
    const places = Array.from({ length: 200 }, (_, i) => Math.floor((i * whole.length) / 200));
    for (const place of places) {
      const broken = Buffer.from(whole);
      broken[place] ^= 1;
      writeFileSync(file, broken);
      assert.equal(checkpoints.get(short), undefined);
      writeFileSync(file, whole.subarray(0, place));
      assert.equal(checkpoints.get(short), undefined);
    }
    assert.equal(warned.length, 2 * places.length);
    assert.match(warned[0], /cannot be used \(it is damaged\): its run begins from the first update\.$/);

    const pool = new ProcessPool(1, checkpoints);
    t.after(() => pool.close());
    assert.deepEqual(await pool.run(short), await run(short));
  });

  for (const batchNormalization of ["before", "after"] as const)
    for (const name of ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam", "AdamW"] as const)
      test(`what ${name} leaves is taken, with batch normalization ${batchNormalization} activations`, async (t) => {
        const { warned } = listen(t);
        const checkpoints = new CheckpointFolder(temporary(t));
        const optimizer =
          name === "AdamW" ? { name, learningRate: 0.01, weightDecay: 0.1 } : { name, learningRate: 0.01 };
        const network = { ...short.network, hiddenSizes: [3, 4], batchNormalization };
        const own: RunSpec = { ...short, network, optimizer };
        const prefix = await prefixOf(own, 2);
        checkpoints.set(own, prefix);
        assert.deepEqual(checkpoints.get(own), prefix);
        assert.deepEqual(warned, []);
      });

  test("what is at a checkpoint's place and is no file, or a huge one, is said at once, and ignored", async (t) => {
    const { warned } = listen(t);
    const folder = temporary(t);
    const checkpoints = new CheckpointFolder(folder);
    const file = join(folder, runKey(short));
    const prefix = await prefixOf(short, 7);
    const places: [() => void, RegExp][] = [
      [() => execFileSync("mkfifo", [file]), /it is not a file/],
      [() => symlinkSync("/dev/zero", file), /it is not a file/],
      [() => symlinkSync(file, file), /ELOOP/],
      [
        () => (writeFileSync(file, ""), truncateSync(file, 5e9)),
        /it is too large: 5000000000 bytes, at most 1\d{6} are expected/,
      ],
    ];
    for (const [make, reason] of places) {
      make();
      assert.equal(checkpoints.get(short), undefined);
      assert.match(warned.pop()!, reason);
      checkpoints.set(short, prefix);
      assert.deepEqual(checkpoints.get(short), prefix, "a new one takes its place");
      checkpoints.delete(short);
      assert.deepEqual(readdirSync(folder), []);
    }
    mkdirSync(file);
    assert.equal(checkpoints.get(short), undefined);
    assert.match(warned.pop()!, /it is not a file/);
    assert.deepEqual(warned, []);
  });

  test("a forged checkpoint, though its digest is right, is ignored, and said", async (t) => {
    const { warned } = listen(t);
    const folder = temporary(t);
    const checkpoints = new CheckpointFolder(folder);
    checkpoints.set(short, await prefixOf(short, 7));
    const file = join(folder, runKey(short));
    const whole = readFileSync(file).subarray(32);
    const forge = (content: Buffer) =>
      writeFileSync(file, Buffer.concat([createHash("sha256").update(content).digest(), content]));
    const { identity } = deserialize(whole) as { identity: string };

    const changes: ((prefix: Prefix) => unknown)[] = [
      ({ history }) => history.loss.push(0),
      ({ history }) => history.testAccuracy.push(0.5),
      ({ history }) => (history.trainAccuracy = [1e9]),
      ({ history }) => (history.loss[0] = NaN),
      ({ history }) => Object.assign(history, { loss: { length: 7 } }),
      ({ history }) => Object.assign(history, { loss: new Array(7) }),
      ({ history }) => Object.assign(history, { loss: Array.from({ length: 7 }) }),
      ({ history }) => (history.loss.length = 2 ** 32 - 1),
      ({ checkpoint }) => (checkpoint.variables.b1.shape.length = 2 ** 32 - 1),
      ({ checkpoint }) => Object.assign(checkpoint.batches, { generator: new Array(2 ** 32 - 1) }),
      ({ checkpoint, history }) => {
        checkpoint.done = 34; // one more than the run has
        history.loss = Array.from({ length: 34 }, () => 0);
      },
      ({ checkpoint }) => (checkpoint.done = 6.5),
      ({ checkpoint }) => (checkpoint.iterations = 8),
      ({ checkpoint }) => (checkpoint.divergedAt = 3),
      ({ checkpoint }) => delete checkpoint.variables.W1,
      ({ checkpoint }) => (checkpoint.variables.W9 = { shape: [1], values: new Float32Array(1) }),
      ({ checkpoint }) => (checkpoint.variables.b1 = { shape: [6], values: new Float32Array(6) }),
      ({ checkpoint }) => (checkpoint.variables.b1.values = new Float32Array(4)),
      ({ checkpoint }) => Object.assign(checkpoint.variables.b1, { values: [1, 2, 3, 4, 5] }),
      ({ checkpoint }) => (checkpoint.memory!.variables["mean of W1"].shape = [5, 784]),
      ({ checkpoint }) => Object.assign(checkpoint.batches, { generator: [1, 2, 3] }),
      ({ checkpoint }) => Object.assign(checkpoint, { run: "evil" }),
    ];
    const changed = changes.map((change) => {
      const { prefix } = deserialize(whole) as { prefix: Prefix };
      change(prefix);
      return prefix;
    });
    for (const [i, prefix] of [...changed, null, "prefix", { history: {} }].entries()) {
      forge(serialize({ identity, prefix }));
      assert.equal(checkpoints.get(short), undefined, String(changes[i]));
      assert.match(warned.pop()!, /it holds no part of this run/);
    }
    for (const content of [serialize(undefined), serialize(null), serialize({ identity: 5 })]) {
      forge(content);
      assert.equal(checkpoints.get(short), undefined);
      assert.match(warned.pop()!, /it is of another run, version or processor/);
    }
    forge(Buffer.from("\x1b[2J"));
    assert.equal(checkpoints.get(short), undefined);
    assert.match(warned.pop()!, /^[^\p{C}]+ cannot be used /u);
  });

  test("a checkpoint of another run or another kind of processor is never used, and said", async (t) => {
    const { warned } = listen(t);
    const folder = temporary(t);
    const checkpoints = new CheckpointFolder(folder);
    const other = { ...short, seed: 2 };
    checkpoints.set(other, await prefixOf(other, 7));
    renameSync(join(folder, runKey(other)), join(folder, runKey(short)));
    assert.equal(checkpoints.get(short), undefined);
    assert.match(warned[0], /it is of another run, version or processor/);

    checkpoints.set(short, await prefixOf(short, 7));
    const before = process.env.ONEDNN_MAX_CPU_ISA;
    process.env.ONEDNN_MAX_CPU_ISA = "SSE41_OR_SUCH";
    assert.equal(checkpoints.get(short), undefined);
    delete process.env.ONEDNN_MAX_CPU_ISA;
    if (before !== undefined) process.env.ONEDNN_MAX_CPU_ISA = before;
    assert.equal(warned.length, 2);
    assert.ok(checkpoints.get(short));
  });

  test("the oldest go when all together take too much room", async (t) => {
    listen(t);
    const folder = temporary(t);
    const prefix = await prefixOf(short, 7);
    const seeded = (seed: number) => ({ ...short, seed });
    new CheckpointFolder(folder).set(seeded(0), prefix);
    const { length } = readFileSync(join(folder, runKey(seeded(0))));
    symlinkSync("loop", join(folder, "loop")); // is in nobody's way
    const checkpoints = new CheckpointFolder(folder, 0, 3.5 * length);
    for (const seed of [0, 1, 2, 3, 4]) {
      checkpoints.set(seeded(seed), prefix);
      utimesSync(join(folder, runKey(seeded(seed))), seed, seed);
    }
    const left = [0, 1, 2, 3, 4].filter((seed) => readdirSync(folder).includes(runKey(seeded(seed))));
    assert.deepEqual(left, [2, 3, 4]);
  });

  test("a folder that cannot be used is said once, and the runs go on", async (t) => {
    const { warned } = listen(t);
    const file = join(temporary(t), "file");
    writeFileSync(file, "");
    const checkpoints = new CheckpointFolder(file, 0);
    const pool = new ProcessPool(1, checkpoints);
    t.after(() => pool.close());
    const prefix = await prefixOf(short, 7);
    checkpoints.set(short, prefix);
    checkpoints.set(short, prefix);
    checkpoints.delete(short);
    assert.equal(warned.length, 1);
    assert.match(warned[0], /^No checkpoints can be kept in .*file: /);
    assert.deepEqual(await pool.run(short), await run(short));
  });
}
