import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { cache, root } from "#setup/clone.mjs";
import { instructionsUsed } from "./execute/instruction-set.js";
import { executeNotebook } from "./execute/notebook.js";
import { writeNotebook } from "./testing/notebook-for-tests.js";
import { outcome } from "./testing/outcome.js";

const skip = instructionsUsed("AVX2") === "Intel AVX2" ? false : "this processor has no AVX2";
const folder = mkdtempSync(join(tmpdir(), "processors-"));
test.after(() => rmSync(folder, { recursive: true }));

// A hundred equal columns of a product: SSE 4.1 rounds all of them the same way, AVX2 the last four differently.
const product = `import { claims, randomStream, tf } from "${root}/lib";
const x = tf.tensor2d(randomStream(1, "x").normals(128 * 784), [128, 784]);
const W = tf.tile(tf.tensor2d(randomStream(1, "W").normals(784), [784, 1]), [1, 100]);
const y = x.matMul(W);
const apart = y.max(1).sub(y.min(1)).max().dataSync()[0];`;

/** @param claims  each as source */
async function executedNotebook(name: string, claims: string[]) {
  const file = join(folder, `${name}.ipynb`);
  writeNotebook(file, [product, `claims([${claims.join(", ")}]);`]);
  const { failed } = await executeNotebook(file, file, { ONEDNN_MAX_CPU_ISA: "SSE41" });
  assert.ok(!failed);
  return file;
}

function processors(words: string[], env: Record<string, string> = {}) {
  const args = [join(root, "scripts/cli.mjs"), "processors", "--notebooks", folder, ...words];
  return outcome(spawn(process.execPath, args, { cwd: root, env: { ...process.env, QUICK: "", ...env } }));
}

function removeResults(t: TestContext, name: string) {
  const results = ["SSE41", "AVX2"].map((set) => join(cache, "processors", set, `${name}.ipynb`));
  t.after(() => results.forEach((file) => rmSync(file, { force: true })));
  return results;
}

test("a claim with room is as committed with all instructions; the notebook stays as it was", { skip }, async (t) => {
  const results = removeResults(t, "with-room");
  const file = await executedNotebook("with-room", [
    '{ claim: "Equal columns, equal products", measured: String(apart), held: apart < 0.01, mustHold: true }',
    '{ claim: "… with | seed", measured: "|", held: [true, false] }',
  ]);
  const before = readFileSync(file, "utf8");
  const { code, output } = await processors(["with-room", "SSE41", "AVX2"]);
  assert.equal(code, 0, output);
  for (const set of ["SSE41", "AVX2"])
    assert.match(output, new RegExp(`with-room +${set} +[\\d.]+ +all 2 as committed`));
  assert.equal(readFileSync(file, "utf8"), before);
  const [sse, avx2] = results.map((result) => readFileSync(result, "utf8"));
  assert.equal(sse, before);
  assert.notEqual(avx2, before, "the digits are other ones: the kernel does multiply with other instructions");
});

for (const mustHold of [false, true])
  test(`a claim that rests on equal bits falls${mustHold ? ", and the notebook with it" : ""}`, { skip }, async (t) => {
    const name = mustHold ? "must-hold" : "may-fall";
    const [, avx2] = removeResults(t, name);
    await executedNotebook(name, [
      `{ claim: "Equal bits", measured: apart > 0 ? "other" : "the same", held: apart === 0, mustHold: ${mustHold} }`,
      '{ claim: "with seeds", measured: "", held: [apart > 0, false] }',
    ]);
    const { code, output } = await processors(["AVX2", name]);
    assert.equal(code, 1, output);
    const summary = `${mustHold ? "failed, " : ""}1 not as committed`;
    assert.match(output, new RegExp(`${name} +AVX2 +[\\d.]+ +${summary}`));
    assert.match(
      output,
      /with AVX2: Equal bits\n +committed: ✓ held, measured: the same\n +here: +✗ not held, measured: other\n/,
    );
    assert.match(output, /another number of seeds: with seeds\n.*\(0 of 2 seeds\), here .*\(1 of 2 seeds\)\n/);
    assert.equal(existsSync(avx2), !mustHold);

    if (mustHold) return;
    const quick = await processors(["AVX2", name], { QUICK: "1" });
    assert.equal(quick.code, 0, quick.output);
    assert.match(quick.output, /the claims were not compared/);
    assert.doesNotMatch(quick.output, /committed: ✓/);
  });

test("a word that is neither instructions nor a notebook is refused", async () => {
  const { code, output } = await processors(["AVX3"]);
  assert.equal(code, 1);
  assert.match(output, /No notebook's name begins with "AVX3"/);
});
