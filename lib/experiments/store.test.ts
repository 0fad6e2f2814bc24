import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import Database from "libsql";
import type { History } from "../trainer";
import { runKey } from "./key";
import type { RunSpec } from "./spec";
import { RunStore, StoreError } from "./store";

const spec = (seed: number): RunSpec => ({
  data: { images: 500 },
  network: { inputSize: 784, hiddenSizes: [100], outputSize: 10 },
  optimizer: { name: "SGD", learningRate: 0.01 },
  batchSize: 100,
  iterations: 2000,
  record: ["loss"],
  seed,
});

/** A history of 2000 numbers that no other seed has. */
const history = (seed: number): History => ({
  iterations: 2000,
  loss: Array.from({ length: 2000 }, (_, i) => Math.fround(1 + Math.sin(seed * 2000 + i))),
  trainAccuracy: [],
  validationAccuracy: [],
  testAccuracy: [],
  divergedAt: null,
});

function folder(t: { after(f: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), "store-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

// Other processes of these tests are this file again: they write runs first, first + step, … and say each that is kept.
if (process.argv[2] === "write") {
  const [file, first, step, count] = [process.argv[3], ...process.argv.slice(4).map(Number)] as [
    string,
    number,
    number,
    number,
  ];
  const store = new RunStore(file);
  for (let i = 0; i < count; i++) {
    const seed = first + i * step;
    store.set(spec(seed), history(seed));
    process.send!(seed);
  }
  store.close();
  process.exit(0);
}

const writer = (file: string, first: number, step: number, count: number) =>
  fork(__filename, ["write", file, first, step, count].map(String), { stdio: "inherit" });

test("gives back what it was given, to the last bit, and nothing else", (t) => {
  const file = join(folder(t), "deeper", "runs.sqlite");
  const store = new RunStore(file);
  assert.equal(store.get(spec(1)), undefined);
  // With weight decay losses have all the digits of float64.
  const run: RunSpec = { ...spec(1), network: { ...spec(1).network, weightDecay: 1 }, iterations: 5 };
  const strange: History = {
    ...history(1),
    iterations: 4,
    loss: [0.1 + 0.2, 5e-324, 1.7976931348623157e308, null, null],
    divergedAt: 4,
  };
  store.set(run, strange);
  store.close();

  const again = new RunStore(file);
  assert.deepEqual(again.get(run), strange);
  assert.equal(again.get(spec(2)), undefined);
  assert.equal(again.size, 1);
  again.close();
});

test("a spec's key is its content: not the order of its fields, not what is left undefined", () => {
  const { seed, ...rest } = spec(1);
  assert.equal(runKey({ seed, ...rest }), runKey(spec(1)));
  assert.equal(runKey({ ...spec(1), evaluateEvery: undefined }), runKey(spec(1)));
  assert.notEqual(runKey(spec(2)), runKey(spec(1)));
  assert.match(runKey(spec(1)), /^[0-9a-f]{64}$/);
});

test("four processes write to one file at once, to a new one even, and nothing is lost", async (t) => {
  const file = join(folder(t), "runs.sqlite");
  const writers = [0, 1, 2, 3].map((first) => writer(file, first, 3, 20));
  const codes = await Promise.all(writers.map(async (child) => (await once(child, "exit"))[0]));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  // Seeds 3, 6, … were written by two processes each.
  const seeds = new Set([0, 1, 2, 3].flatMap((first) => Array.from({ length: 20 }, (_, i) => first + i * 3)));
  const store = new RunStore(file);
  assert.equal(store.size, seeds.size);
  for (const seed of seeds) assert.deepEqual(store.get(spec(seed)), history(seed));
  store.close();
});

test("kill -9 in the middle of writing loses nothing that was kept and leaves nothing half-written", async (t) => {
  const file = join(folder(t), "runs.sqlite");
  let next = 0;
  for (let round = 0; round < 8; round++) {
    const child = writer(file, next, 1, 1e6);
    const kept: number[] = [];
    // Die after a few: at another place in the write each time.
    child.on("message", (seed: number) => {
      kept.push(seed);
      if (kept.length === 5 + round) setTimeout(() => child.kill("SIGKILL"), round / 3);
    });
    const [, signal] = await once(child, "exit");
    assert.equal(signal, "SIGKILL");
    next = Math.max(...kept) + 1;

    const store = new RunStore(file);
    for (let seed = 0; seed < next; seed++) assert.deepEqual(store.get(spec(seed)), history(seed));
    assert.ok(store.size >= next && store.size <= next + 100, `${store.size} histories, at least ${next} were kept`);
    store.close();
    const db = new Database(file);
    assert.deepEqual((db.prepare("PRAGMA integrity_check").get() as { integrity_check: string }).integrity_check, "ok");
    db.close();
  }
});

test("a full disk is said, what is in the store stays, and it goes on when there is room", async (t) => {
  const mount = folder(t);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount], { stdio: "ignore" });
  } catch {
    return t.skip("needs the right to mount a small file system");
  }
  try {
    const file = join(mount, "runs.sqlite");
    const store = new RunStore(file);
    let kept = 0;
    const full = () => {
      for (; kept < 1000; kept++) store.set(spec(kept), history(kept));
    };
    assert.throws(
      full,
      (error: Error) => error instanceof StoreError && /no room on the disk for .*runs\.sqlite/.test(error.message),
    );
    assert.ok(kept > 5, `${kept} fitted`);
    for (let seed = 0; seed < kept; seed++) assert.deepEqual(store.get(spec(seed)), history(seed));
    assert.equal(store.get(spec(kept)), undefined);

    execFileSync("mount", ["-o", "remount,size=2m", mount]);
    store.set(spec(kept), history(kept));
    assert.deepEqual(store.get(spec(kept)), history(kept));
    store.close();
  } finally {
    execFileSync("umount", ["-l", mount]);
  }
});

test("a file that can only be read is read", async (t) => {
  const mount = folder(t);
  const inside = join(mount, "runs.sqlite");
  try {
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", mount], { stdio: "ignore" });
  } catch {
    return t.skip("needs the right to mount a read-only file system");
  }
  try {
    await once(writer(inside, 1, 1, 1), "exit");
    execFileSync("mount", ["-o", "remount,ro", mount]);
    const again = new RunStore(inside);
    assert.deepEqual(again.get(spec(1)), history(1));
    assert.throws(() => again.set(spec(2), history(2)), { name: "StoreError", message: /can be read but not written/ });
    again.close();
    assert.throws(() => new RunStore(join(mount, "other.sqlite")), { name: "StoreError", message: /writable/ });
  } finally {
    execFileSync("umount", ["-l", mount]);
  }
});

test("a file of a later version is left alone", (t) => {
  const file = join(folder(t), "runs.sqlite");
  new RunStore(file).close();
  const db = new Database(file);
  db.exec("ALTER TABLE runs ADD COLUMN machine TEXT; PRAGMA user_version = 2");
  db.close();
  const before = readFileSync(file);
  assert.throws(() => new RunStore(file), {
    name: "StoreError",
    message: /later version .* number 2, this version knows 1.*update/,
  });
  assert.deepEqual(readFileSync(file), before);
});

test("a file that is no store is said to be damaged, and left alone", (t) => {
  const path = folder(t);
  const file = join(path, "text.sqlite");
  writeFileSync(file, "These are my notes, and no database at all.\n".repeat(100));
  assert.throws(() => new RunStore(file), { name: "StoreError", message: /text\.sqlite is damaged .*Move it away/ });
  assert.match(readFileSync(file, "utf8"), /^These are my notes/);
});

test("a database of another program is left alone", (t) => {
  const file = join(folder(t), "notes.sqlite");
  const db = new Database(file);
  db.exec("CREATE TABLE notes (text TEXT)");
  db.close();
  const before = readFileSync(file);
  assert.throws(() => new RunStore(file), { name: "StoreError", message: /database of something else.*another file/ });
  assert.deepEqual(readFileSync(file), before);
});

test("what a file tells SQLite to do beside keeping histories is not done", (t) => {
  const file = join(folder(t), "runs.sqlite");
  new RunStore(file).close();
  const db = new Database(file);
  db.exec("CREATE TRIGGER forget AFTER INSERT ON runs BEGIN DELETE FROM runs; END");
  db.close();
  assert.throws(() => new RunStore(file), { name: "StoreError", message: /is damaged \(its table is not the one/ });
});

test("what is at the store's place and is no file is named at once, also at the place of its journal", async (t) => {
  const path = folder(t);
  const at = (name: string) => join(path, name);
  const server = createServer().listen(at("socket"));
  await once(server, "listening");
  t.after(() => server.close());
  execFileSync("mkfifo", [at("fifo"), at("runs.sqlite-journal")]);
  symlinkSync("/dev/zero", at("device"));
  symlinkSync("nowhere", at("dangling"));
  symlinkSync("loop", at("loop"));
  mkdirSync(at("folder"));
  for (const [name, message] of [
    ["socket", /socket is not a file: move it away, or name another file$/],
    ["fifo", /fifo is not a file/],
    ["device", /device is not a file/],
    ["folder", /folder is not a file/],
    ["dangling", /dangling is a link to a file that is not there: /],
    ["loop", /loop cannot be used \(ELOOP/],
    ["runs.sqlite", /runs\.sqlite-journal is not a file/],
  ] as const)
    assert.throws(() => new RunStore(at(name)), { name: "StoreError", message });
});

test("a store behind a link keeps its journal beside the file itself", (t) => {
  const path = folder(t);
  mkdirSync(join(path, "disk"));
  new RunStore(join(path, "disk", "runs.sqlite")).close();
  symlinkSync("disk/runs.sqlite", join(path, "link"));
  const store = new RunStore(join(path, "link"));
  store.set(spec(1), history(1));
  assert.deepEqual(store.get(spec(1)), history(1));
  store.close();
  writeFileSync(join(path, "link-journal"), "not the store's");
  execFileSync("mkfifo", [join(path, "disk", "runs.sqlite-journal")]);
  assert.throws(() => new RunStore(join(path, "link")), { name: "StoreError", message: /disk\/runs\.sqlite-journal/ });
});

test("a name that libsql takes for something else is a file's name here", (t) => {
  const before = process.cwd();
  process.chdir(folder(t));
  t.after(() => process.chdir(before));
  for (const name of [":memory:", "file:runs.sqlite?mode=memory", "libsql:runs"]) {
    const store = new RunStore(name);
    store.set(spec(1), history(1));
    store.close();
    assert.ok(readFileSync(name).length > 4096);
  }
});

test("a history that proved wrong can be forgotten", (t) => {
  const store = new RunStore(join(folder(t), "runs.sqlite"));
  t.after(() => store.close());
  for (const seed of [1, 2]) store.set(spec(seed), history(seed));
  store.delete(spec(1));
  store.delete(spec(3));
  assert.equal(store.get(spec(1)), undefined);
  assert.deepEqual(store.get(spec(2)), history(2));
  assert.equal(store.size, 1);
  store.set(spec(1), history(3));
  assert.deepEqual(store.get(spec(1)), history(3));
});

test("a history that its run can't have is forgotten, with a warning, whoever has kept it", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const store = new RunStore(join(folder(t), "runs.sqlite"));
  for (const forged of [{ ...history(1), iterations: 1 }, { ...history(1), loss: [0] }, null, "hello"]) {
    store.set(spec(1), forged as History);
    assert.equal(store.size, 1);
    assert.equal(store.get(spec(1)), undefined);
    assert.equal(store.size, 0);
  }
  store.set(spec(1), history(1));
  assert.deepEqual(store.get(spec(1)), history(1));
  assert.equal(warn.mock.callCount(), 4);
  assert.match(
    String(warn.mock.calls[0].arguments[0]),
    /runs\.sqlite: the history of run \w+ can't be right \(iterations: expected 2000, got 1\): it is computed again\.$/,
  );
  store.close();
});

test("text that is not UTF-8 is damage like any other: in a history, a digest, the schema, a message about it", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const path = folder(t);
  const whole = join(path, "whole.sqlite");
  const store = new RunStore(whole);
  for (const seed of [1, 2]) store.set(spec(seed), history(seed));
  store.close();
  const db = new Database(whole);
  const { digest } = db.prepare("SELECT digest FROM runs WHERE key = ?").get(runKey(spec(1))) as { digest: string };
  db.close();
  const flipped = (text: string) => {
    const bytes = readFileSync(whole);
    const place = bytes.lastIndexOf(text); // an earlier one may be left over on a page, and read by nobody
    assert.ok(place > 0, text);
    bytes[place + 3] |= 0x80;
    writeFileSync(join(path, "flipped.sqlite"), bytes);
    return join(path, "flipped.sqlite");
  };
  for (const text of [JSON.stringify(history(1).loss).slice(10, 40), digest]) {
    const damaged = new RunStore(flipped(text));
    assert.equal(damaged.get(spec(1)), undefined);
    assert.match(
      String(warn.mock.calls.at(-1)!.arguments[0]),
      /the history of run \w+ can't be right .* computed again\.$/,
    );
    assert.deepEqual(damaged.get(spec(2)), history(2));
    damaged.set(spec(1), history(1));
    assert.deepEqual(damaged.get(spec(1)), history(1));
    damaged.close();
  }
  for (const text of ["CREATE TABLE runs", "runs (", "history TEXT", "TEXT NOT NULL", "sqlite_autoindex", ") STRICT"])
    assert.throws(() => new RunStore(flipped(text)), { name: "StoreError", message: /^[^\p{C}]+ is damaged /u }, text);
});

test("a damaged index does not hide a history", (t) => {
  const file = join(folder(t), "runs.sqlite");
  const store = new RunStore(file);
  for (const seed of [1, 2, 3]) store.set(spec(seed), history(seed));
  store.close();
  const bytes = readFileSync(file);
  const key = runKey(spec(2));
  let end = 0;
  do end = bytes.indexOf(key, end) + key.length;
  while (bytes[end] === "{".charCodeAt(0)); // in the table a spec follows, in the index something else
  bytes[end - 1] ^= 1;
  writeFileSync(file, bytes);
  const damaged = new RunStore(file);
  t.after(() => damaged.close());
  assert.deepEqual(damaged.get(spec(1)), history(1));
  const said = { name: "StoreError", message: /is damaged \(row 2 missing from index/ };
  assert.throws(() => damaged.get(spec(2)), said);
  assert.throws(() => damaged.set(spec(4), history(4)), said);
});

test("a damaged file never gives a wrong history", (t) => {
  t.mock.method(console, "warn", () => {});
  const path = folder(t);
  const whole = join(path, "whole.sqlite");
  const store = new RunStore(whole);
  for (let seed = 0; seed < 10; seed++) store.set(spec(seed), history(seed));
  store.close();

  const bytes = readFileSync(whole);
  const outcomes = { right: 0, damaged: 0 };
  for (let place = 100; place < bytes.length; place += 4099) {
    const file = join(path, `${place}.sqlite`);
    const broken = Buffer.from(bytes);
    for (let i = place; i < Math.min(place + 8, broken.length); i++) broken[i] ^= 0x55;
    writeFileSync(file, broken);
    for (let seed = 0; seed < 10; seed++) {
      let store: RunStore | undefined;
      try {
        store = new RunStore(file);
        const found = store.get(spec(seed));
        if (found) assert.deepEqual(found, history(seed));
        outcomes.right++;
      } catch (error) {
        assert.ok(error instanceof StoreError, String(error));
        outcomes.damaged++;
      } finally {
        store?.close();
      }
    }
    rmSync(file);
  }
  assert.ok(outcomes.right > 0 && outcomes.damaged > 0, JSON.stringify(outcomes));

  const cut = join(path, "cut.sqlite");
  writeFileSync(cut, bytes.subarray(0, bytes.length / 2));
  assert.throws(() => {
    const store = new RunStore(cut);
    for (let seed = 0; seed < 10; seed++) store.get(spec(seed));
  }, StoreError);
});

test("a folder that can't be made is said", (t) => {
  const file = join(folder(t), "file");
  writeFileSync(file, "");
  assert.throws(() => new RunStore(join(file, "runs.sqlite")), {
    name: "StoreError",
    message: /runs\.sqlite cannot be used/,
  });
});
