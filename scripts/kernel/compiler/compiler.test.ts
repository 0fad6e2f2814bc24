// The compiler without the kernel: sessions of cells, run here and in a browser from one bundle.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import test from "node:test";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { launchOptions } from "#setup/chromium.mjs";
import { nodeFiles } from "../language/files.js";
import { createCompiler } from "./compiler.js";
import { expected, type Outcome, run, SESSIONS } from "./testing/sessions.js";

const require = createRequire(import.meta.url);
const library = path.dirname(require.resolve("typescript"));

function newCompiler() {
  const types = path.join(path.dirname(require.resolve("@types/node/package.json")), "index.d.ts");
  const places = { folder: "/nowhere", library, modules: new Map([["@types/node", types]]) };
  return createCompiler(nodeFiles, places, Object.getOwnPropertyNames(globalThis));
}

for (const session of SESSIONS) {
  test(`in Node: ${session.title}`, async () => {
    assert.deepEqual(await run(newCompiler(), session), expected(session));
  });
}

test("in a browser: the same sessions have the same outcomes", { timeout: 120_000 }, async () => {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, "testing/in-browser.js")],
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    external: ["fs", "path", "os", "inspector", "perf_hooks", "module", "url", "source-map-support"],
    logLevel: "error",
  });
  const table = Object.fromEntries(
    readdirSync(library)
      .filter((file) => /^lib\..*d\.ts$/.test(file))
      .map((file) => [`/library/${file}`, readFileSync(path.join(library, file), "utf8")]),
  );
  const browser = await chromium.launch(await launchOptions());
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0].text });
    const outcomes = await page.evaluate(
      (files) => (globalThis as unknown as { runAll(files: object): Promise<Outcome[][]> }).runAll(files),
      table,
    );
    assert.deepEqual(outcomes, SESSIONS.map(expected));
  } finally {
    await browser.close();
  }
});

test("completions, documentation and whole cells", () => {
  const compiler = newCompiler();
  compiler.compile(
    "/** the rate */ const rate = 0.5; let myOwn = { alpha: 1 }; function step(rate: number, x: string) {}",
    "In[1]",
  );
  const names = (code: string, at = code.length) => compiler.complete(code, at).entries.map(({ name }) => name);
  assert.deepEqual(names("myO"), ["myOwn"]);
  assert.deepEqual(names("myOwn."), ["alpha"]);
  assert.deepEqual(names("const r: 'sgd' | 'adam' = '"), ["adam", "sgd"]);
  assert.equal(names('import x from "node:f')[0], "node:fs");
  assert.ok(!names("").some((name) => name.includes("\u200c") || name.includes("__type")));
  assert.match(compiler.inspect("rate", 2) ?? "", /const rate: 0\.5\s+the rate/);
  assert.match(compiler.inspect("step(1, ", 8) ?? "", /step\(rate: number, x: string\): void\nHere: x: string/);
  assert.equal(compiler.inspect("   ", 1), undefined);
  assert.deepEqual(compiler.isWhole("for (const x of [1]) {"), { status: "incomplete", indent: "  " });
  assert.deepEqual(compiler.isWhole("1 + 1"), { status: "complete" });
  assert.deepEqual(compiler.isWhole("const ] = 1"), { status: "invalid" });
});
