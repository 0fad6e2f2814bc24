import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { root } from "#setup/clone.mjs";
import { outcome } from "../testing/outcome.js";
import { fuzzTarget } from "./target.js";

const fuzz = (...words: string[]) =>
  outcome(spawn(process.execPath, [join(root, "scripts/cli.mjs"), "fuzz", ...words], { cwd: root }));

const targets = readdirSync(join(root, "lib/testing/fuzz")).map((file) => file.replace(/\.ts$/, ""));

test("nothing fails in a minute, and each target has its turn", async () => {
  const { code, output } = await fuzz("--seconds", "60");
  assert.equal(code, 0, output);
  for (const target of targets) {
    const [, cases] = output.match(new RegExp(`\\b${target} (\\d+) cases?(;|$)`, "m")) ?? [];
    assert.ok(Number(cases) >= 5, `${target}: ${cases} cases`);
  }
});

test("a seed gives one case again; other names and numbers are refused", async () => {
  const { code, output } = await fuzz("store", "--seed", "123");
  assert.equal(code, 0, output);
  assert.match(output, /^From seed 123 on$/m);
  assert.match(output, /^store 1 case$/m);
  const other = await fuzz("shop");
  assert.equal(other.code, 1);
  assert.match(other.output, /There is no shop, only .*store/);
  assert.match((await fuzz("--seconds", "-1")).output, /--seconds/);
});

test("a case that throws, ends its process or does not end is told with its seed, and its files go", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "targets-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const fuzzed = (name: string, source: string, seconds = 0) => {
    const file = join(folder, `${name}.js`);
    writeFileSync(file, source);
    return fuzzTarget(file, { seed: 7, seconds, onCase: () => {} });
  };
  const leaving = 'require("node:fs").mkdtempSync(require("node:path").join(require("node:os").tmpdir(), "left-"));';
  const [wrong, aborted, hung, waiting, rejected, unloaded] = await Promise.all([
    fuzzed(
      "wrong",
      "let n = 0; exports.default = (stream) => { if (++n > 2) throw new Error(`no ${stream.integer(1)}`) }",
      60,
    ),
    fuzzed("aborted", `exports.default = () => { ${leaving} console.error("\\u001b[2Jlast words"); process.abort() }`),
    fuzzed("hung", "exports.default = () => { for (;;); }"),
    fuzzed("waiting", "exports.default = () => new Promise(() => {})"),
    fuzzed(
      "rejected",
      'exports.default = () => { void Promise.reject(new Error("late")); return new Promise(() => {}) }',
    ),
    fuzzed("unloaded", 'throw new Error("not a target")'),
  ]);
  assert.equal(wrong.cases, 9);
  assert.deepEqual(
    wrong.failures.map(({ seed }) => seed),
    [9, 12, 15],
    "a new process after each failure, and no more than three",
  );
  assert.match(wrong.failures[0].what, /^Error: no 0\n +at /);
  assert.match(aborted.failures[0].what, /^its process ended with SIGABRT\n\\u\{1b\}\[2Jlast words/);
  for (const { cases, failures } of [hung, waiting]) {
    assert.equal(cases, 1);
    assert.deepEqual(failures, [{ seed: 7, what: "it has not ended after 10 s" }]);
  }
  assert.match(rejected.failures[0].what, /^its process ended with exit code 1\n[^]*Error: late/);
  assert.equal(unloaded.cases, 0);
  assert.match(unloaded.failures[0].what, /not a target/);
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => name.startsWith("left-")),
    [],
  );
});
