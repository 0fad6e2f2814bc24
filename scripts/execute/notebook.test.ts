import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { NotebookContent } from "../notebook-format.js";
import { writeNotebook } from "../testing/notebook-for-tests.js";
import { outcome } from "../testing/outcome.js";

const folder = mkdtempSync(join(tmpdir(), "execute-"));
test.after(() => rmSync(folder, { recursive: true }));

function newNotebook(name: string, sources: string[]) {
  const file = join(folder, `${name}.ipynb`);
  writeNotebook(file, sources);
  return file;
}

function start(file: string, target: string) {
  const script = `const { executeNotebook } = await import(${JSON.stringify(new URL("notebook.js", import.meta.url))});
    const execution = await executeNotebook(${JSON.stringify(file)}, ${JSON.stringify(target)});
    console.log(JSON.stringify(execution));
    process.exit(execution.failed ? 1 : 0);`;
  return spawn(process.execPath, ["--input-type=module", "-e", script]);
}

test("two executions give the same file, in place", async () => {
  const file = newNotebook("good", ["const n: number = 2;\nconsole.log('n is', n)", "", "n * 21"]);
  const { code, output } = await outcome(start(file, file));
  assert.equal(code, 0, output);
  assert.match(output, /"cells":2,"figures":0/);
  const first = readFileSync(file, "utf8");
  const { cells } = JSON.parse(first) as NotebookContent;
  assert.deepEqual(
    cells.map((cell) => cell.execution_count),
    [1, null, 2],
  );
  assert.deepEqual(cells[0].outputs?.[0].text, ["n is 2\n"]);
  assert.deepEqual(cells[2].outputs?.[0].data?.["text/plain"], ["42"]);

  assert.equal((await outcome(start(file, file))).code, 0);
  assert.equal(readFileSync(file, "utf8"), first);
});

const failing = {
  "a type error": { source: "const s: string = n;", says: [/TS2322/, /Type 'number' is not assignable/] },
  "a thrown error": {
    source: "function half(x: number) {\n  throw new RangeError(`no half of ${x}`);\n}\nhalf(n);",
    says: [/RangeError: no half of 1/, /at half \(.*:2:/],
  },
  "a rejected promise": {
    source: "await null;\nawait Promise.reject(new TypeError('refused'));",
    says: [/TypeError: refused/, /:2:/],
  },
};
for (const [what, { source, says }] of Object.entries(failing))
  test(`${what} fails with the cell, the message and the stack, and leaves the notebook as it was`, async () => {
    const file = newNotebook("bad", ["const n = 1;", source, "console.log('not reached')"]);
    const before = readFileSync(file, "utf8");
    const { code, output } = await outcome(start(file, file));
    assert.equal(code, 1);
    assert.match(output, /bad\.ipynb, code cell 2:/);
    assert.ok(output.includes(`1 | ${source.split("\n")[0]}`), output);
    for (const pattern of says) assert.match(output, pattern);
    assert.equal(readFileSync(file, "utf8"), before);
  });

test("an interrupt ends the kernel too", async () => {
  const pids = join(folder, "pid");
  const wait = [
    `require("fs").writeFileSync(${JSON.stringify(pids)}, String(process.pid));`,
    "await null;",
    "await new Promise((done) => setTimeout(done, 60_000));",
  ].join("\n");
  const file = newNotebook("long", [wait]);
  const child = start(file, file);
  const ended = outcome(child);
  while (child.exitCode === null && !hasText(pids)) await new Promise((done) => setTimeout(done, 50));
  child.kill("SIGINT");
  const { code, output } = await ended;
  assert.equal(code, 130, output);
  const kernel = Number(readFileSync(pids, "utf8"));
  assert.throws(() => process.kill(kernel, 0), { code: "ESRCH" });
});

function hasText(file: string) {
  try {
    return readFileSync(file, "utf8").length > 0;
  } catch {
    return false;
  }
}
